import type { Now } from "@samsa/stdx";
import type { Completable, Completion, EffectId, Outbox, Request } from "@samsa/world";
import type { FileGenerations } from "../file-generations.ts";
import { CLEANED_SUFFIX, cleanedPathsOf, DELETED_SUFFIX, SWAP_SUFFIX } from "../log-file-names.ts";
import type { Segment } from "../segment.ts";
import { movedAway } from "../segment-deletions.ts";

export interface SegmentSwapOptions {
  readonly outbox: Outbox;
  readonly directory: string;
  readonly generations: FileGenerations;
  /** Neighbours, oldest first; what was made of them lies beside the first one's file. */
  readonly old: readonly Segment[];
  /** Their files are about to go: nothing of them may be given away, or written beside them, from here on. */
  readonly leaving: () => void;
  /** The new file has its name: readers may have it. */
  readonly arrived: (now: Now) => void;
  /** All of it would survive a power cut. */
  readonly done: (now: Now) => void;
  readonly failed: (detail: string, now: Now) => void;
}

/** What comes when all that was asked for has ended. */
type Next = (now: Now) => void;

/**
 * Puts one segment in the place of several, so that whoever dies in between leaves the one or the others:
 *
 *     syncing .cleaned ──▶ .cleaned becomes .swap ──▶ syncing the directory          until here the next start finds the old segments, and deletes .cleaned
 *       ──▶ moving the old files away ──▶ syncing the directory                         from here on it sees the swap through: `finishSwaps`
 *       ──▶ the new index files get their names ──▶ .swap gets its name ──▶ syncing the directory
 *
 * A connection that is being sent a part of an old segment goes on with it under the name that it has then, which whoever asked for the swap deletes later.
 *
 * The old files are gone for good before the new one has its name:
 *
 * 1. segments 0 and 50 become one, which has the name of the first; 2. the power goes, and the deletion of segment 50 with it; 3. the next start would find
 * a segment that ends at 100, and one behind it that begins at 50.
 *
 * The index files are whole before there is a segment that they are of: a start that goes through it no more believes what they say, and a time index without
 * its last entries hides the records that it does not speak of. They are not synced: after a loss of the page cache none is believed.
 *
 * Moving the first one's file away also counts its generation up, so that no slice of the old file is served from the new one.
 */
export class SegmentSwap implements Completable {
  private readonly options: SegmentSwapOptions;
  private readonly path: string;
  /** What was asked for and has not ended. */
  private readonly underWay = new Map<EffectId, Request>();
  private next: Next = () => undefined;
  private isStopped = false;

  constructor(options: SegmentSwapOptions) {
    this.options = options;
    this.path = (options.old[0] as Segment).path;
  }

  /** After the last offset that it covers. */
  get endOffset(): number {
    return (this.options.old.at(-1) as Segment).endOffset;
  }

  start(): void {
    const { path } = this;
    this.ask([{ type: "sync", path: path + CLEANED_SUFFIX }], () =>
      this.ask([{ type: "rename", from: path + CLEANED_SUFFIX, to: path + SWAP_SUFFIX }], () => this.syncDirectory(() => this.moveOldAway())),
    );
  }

  /** What is under way ends; nothing more is asked for. Returns the files that may be left of it. */
  abandon(): readonly string[] {
    this.isStopped = true;
    return [...cleanedPathsOf(this.path), this.path + SWAP_SUFFIX, ...this.options.old.map(({ path }) => path + DELETED_SUFFIX)];
  }

  complete(completion: Completion, now: Now): void {
    const request = this.underWay.get(completion.id);
    this.underWay.delete(completion.id);
    if (this.isStopped) return;
    // An index file may be gone before it is deleted. Whatever else is missing, the old segments must not go on account of it.
    if (completion.type === "failed" && !(request?.type === "delete" && completion.error.code === "ENOENT")) {
      this.isStopped = true;
      return this.options.failed(`replacing ${this.path}: ${completion.error.code} ${completion.error.detail}`, now);
    }
    if (this.underWay.size === 0) this.next(now);
  }

  private moveOldAway(): void {
    const { old, leaving, generations } = this.options;
    leaving();
    const indexes = old.flatMap((segment) => [segment.pathOf("index"), segment.pathOf("timeindex")]);
    for (const path of indexes) generations.next(path);
    const deletions = indexes.map((path): Request => ({ type: "delete", path }));
    this.ask([...deletions, ...old.map((segment) => movedAway(segment, generations))], () => this.syncDirectory(() => this.takeNames()));
  }

  private takeNames(): void {
    const [, ...indexes] = cleanedPathsOf(this.path);
    const named = indexes.map((from): Request => ({ type: "rename", from, to: from.slice(0, -CLEANED_SUFFIX.length) }));
    this.ask(named, () => this.takeName());
  }

  private takeName(): void {
    this.ask([{ type: "rename", from: this.path + SWAP_SUFFIX, to: this.path }], (now) => {
      this.options.arrived(now);
      this.syncDirectory((at) => this.options.done(at));
    });
  }

  private syncDirectory(next: Next): void {
    this.ask([{ type: "sync-directory", path: this.options.directory }], next);
  }

  /** All at once; `next` when all have ended. */
  private ask(requests: readonly Request[], next: Next): void {
    this.next = next;
    for (const request of requests) this.underWay.set(this.options.outbox.request(request, this), request);
  }
}
