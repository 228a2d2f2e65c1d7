import { afterMs, type Micros, type Now } from "@samsa/stdx";
import type { Completable, Completion, Request } from "@samsa/world";
import type { FileGenerations } from "./file-generations.ts";
import { DELETED_SUFFIX, offsetFileName } from "./log-file-names.ts";
import { FILE_DELETE_DELAY_MS, type LogConfig } from "./log-config.ts";
import type { Requests } from "./patient-outbox.ts";
import type { Segment } from "./segment.ts";

export interface SegmentDeletionsOptions {
  readonly outbox: Requests;
  readonly directory: string;
  readonly generations: FileGenerations;
  readonly config: () => LogConfig;
  readonly failed: (detail: string, now: Now) => void;
}

/** One file operation; a file that is not there is no matter. */
interface Step {
  readonly segment: Segment | undefined;
  readonly request: () => Request;
}

interface Deleted {
  readonly dueAt: Micros;
  readonly paths: readonly string[];
}

/** Some thirty years: more can't be told from never. */
const DELAY_MS_MAX = 1e12;

const KINDS_BESIDE = ["index", "timeindex", "txnindex", "snapshot"] as const;

/** Renames the file of a segment's records, and takes their slices along: connections may be sent a part of them just now. */
export const movedAway = ({ path }: Segment, generations: FileGenerations): Request => {
  return { type: "rename", from: path, to: path + DELETED_SUFFIX, generation: generations.next(path) };
};

/**
 * Takes the files of segments away that the log begins behind:
 *
 *     syncing the snapshot of where the log begins now ──▶ for each segment, oldest first: renaming its log ──▶ syncing the directory ──▶ renaming the files beside it
 *     `file.delete.delay.ms` later, and after that: deleting them
 *
 * Whenever the power goes, what is left is a log without holes, and the producers that only deleted records told of are in a snapshot. Who dies
 * in between leaves segments, which the next look at retention finds, or files with the suffix, which the next start deletes.
 */
export class SegmentDeletions implements Completable {
  private readonly options: SegmentDeletionsOptions;
  private steps: Step[] = [];
  private isUnderWay = false;
  private current: Step | undefined;
  /** In the order of their times, unless the delay was changed. */
  private deleted: Deleted[] = [];
  private isStopped = false;

  constructor(options: SegmentDeletionsOptions) {
    this.options = options;
  }

  /** When files are to be deleted. */
  get nextDeadlineUs(): Micros | undefined {
    return this.isStopped || this.isUnderWay ? undefined : this.deleted[0]?.dueAt;
  }

  /** Base of the oldest segment whose files may still have their names. */
  get firstOffset(): number | undefined {
    return (this.current?.segment ?? this.steps.find(({ segment }) => segment !== undefined)?.segment)?.baseOffset;
  }

  /** `startOffset`: base of the segment that is the first now. It is in the directory for good, and what is written of it is. */
  add(segments: readonly Segment[], { startOffset, now }: { readonly startOffset: number; readonly now: Now }): void {
    const { directory } = this.options;
    this.push(undefined, { type: "sync", path: this.pathOf(offsetFileName(startOffset, "snapshot")) });
    this.push(undefined, { type: "sync-directory", path: directory });
    for (const segment of segments) {
      this.moveAway(segment);
      this.push(segment, { type: "sync-directory", path: directory });
      for (const kind of KINDS_BESIDE) this.rename(segment, this.pathOf(offsetFileName(segment.baseOffset, kind)));
    }
    this.deleteLater(
      segments.flatMap((segment) => [segment.path, ...KINDS_BESIDE.map((kind) => this.pathOf(offsetFileName(segment.baseOffset, kind)))]),
      now,
    );
    this.next();
  }

  /** Files that are renamed, by the names they had; until then connections are sent what they are to be sent of them. What had the new name before is gone. */
  deleteLater(paths: readonly string[], now: Now): void {
    const renamed = new Set(paths.map((path) => path + DELETED_SUFFIX));
    const isOther = (path: string): boolean => !renamed.has(path);
    this.deleted = this.deleted.map(({ dueAt, paths: earlier }) => ({ dueAt, paths: earlier.filter(isOther) }));
    this.deleted.push({ dueAt: afterMs(now, Math.min(this.options.config().fileDeleteDelayMs ?? FILE_DELETE_DELAY_MS, DELAY_MS_MAX)), paths: [...renamed] });
  }

  /** The log begins anew, and may use the names again: nothing more is renamed, what was is deleted. Returns the segments whose files may be there. */
  abandon(): readonly Segment[] {
    const left = new Set<Segment>();
    for (const { segment } of [this.current, ...this.steps].filter((step) => step !== undefined)) if (segment !== undefined) left.add(segment);
    this.steps = this.steps.filter(({ segment }) => segment === undefined);
    return [...left];
  }

  deadline(now: Now): void {
    const dueAt = this.nextDeadlineUs;
    if (dueAt === undefined || dueAt > now.monotonicUs) return;
    this.deleteDue(now);
  }

  stop(): void {
    this.isStopped = true;
    this.steps = [];
    this.deleted = [];
  }

  complete(completion: Completion, now: Now): void {
    this.isUnderWay = false;
    this.current = undefined;
    if (this.isStopped) return;
    if (completion.type === "failed" && completion.error.code !== "ENOENT") {
      this.stop();
      return this.options.failed(`deleting old segments of ${this.options.directory}: ${completion.error.code} ${completion.error.detail}`, now);
    }
    this.next();
    if (!this.isUnderWay) this.deleteDue(now);
  }

  private deleteDue(now: Now): void {
    const { generations } = this.options;
    const due = this.deleted.filter(({ dueAt }) => dueAt <= now.monotonicUs);
    this.deleted = this.deleted.filter(({ dueAt }) => dueAt > now.monotonicUs);
    for (const path of due.flatMap(({ paths }) => paths)) {
      this.steps.push({
        segment: undefined,
        request: () => {
          generations.next(path);
          return { type: "delete", path };
        },
      });
    }
    this.next();
  }

  private moveAway(segment: Segment): void {
    this.steps.push({ segment, request: () => movedAway(segment, this.options.generations) });
  }

  private rename(segment: Segment, path: string): void {
    this.push(segment, { type: "rename", from: path, to: path + DELETED_SUFFIX });
  }

  private push(segment: Segment | undefined, request: Request): void {
    this.steps.push({ segment, request: () => request });
  }

  private next(): void {
    if (this.isUnderWay || this.isStopped) return;
    this.current = this.steps.shift();
    if (this.current === undefined) return;
    this.isUnderWay = true;
    this.options.outbox.request(this.current.request(), this);
  }

  private pathOf(name: string): string {
    return `${this.options.directory}/${name}`;
  }
}
