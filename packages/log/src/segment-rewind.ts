import { invariant, type Now } from "@samsa/stdx";
import type { Completable, Completion, Outbox, Request } from "@samsa/world";
import type { BatchHeader } from "./batch-header.ts";
import { BatchIndex } from "./batch-index.ts";
import type { FileGenerations } from "./file-generations.ts";
import { offsetFileName } from "./log-file-names.ts";
import { decodeProducerSnapshot } from "./producer-snapshot.ts";
import { fromSnapshotEntry, type ProducerEntry } from "./producer-state.ts";
import type { Segment } from "./segment.ts";
import { SegmentScan } from "./segment-scan.ts";
import { SparseIndexBuilder } from "./sparse-index-builder.ts";

export interface SegmentRewindOptions {
  readonly outbox: Outbox;
  readonly directory: string;
  readonly generations: FileGenerations;
  readonly segment: Segment;
  /** The producer snapshot of its base, if it is not on the disk yet. */
  readonly snapshot: Uint8Array | undefined;
  readonly done: (now: Now) => void;
  readonly damaged: (detail: string, now: Now) => void;
  readonly failed: (detail: string, now: Now) => void;
}

/**
 * Makes a whole segment known batch by batch again, and the producers as they were at its begin, so that the log can be cut within it:
 *
 *     listing ──▶ reading the snapshot of its base ──▶ going through what is not known ──▶ done
 *
 * Without that snapshot no producer is known at the segment's begin, as where a log begins.
 */
export class SegmentRewind implements Completable {
  private readonly options: SegmentRewindOptions;
  private readonly fresh: BatchIndex;
  private readonly coldEnd: { readonly offset: number; readonly position: number };
  private producers: readonly ProducerEntry[] = [];
  private next: (completion: Completion, now: Now) => void = () => undefined;
  private isStopped = false;

  constructor(options: SegmentRewindOptions) {
    const { index, baseOffset } = options.segment;
    this.options = options;
    this.fresh = new BatchIndex({ offset: baseOffset, position: 0 });
    this.coldEnd = { offset: index.startOffset, position: index.startPosition };
  }

  get segment(): Segment {
    return this.options.segment;
  }

  start(): void {
    const { directory, segment, snapshot } = this.options;
    if (snapshot !== undefined) {
      this.believe(snapshot);
      return this.scan();
    }
    const name = offsetFileName(segment.baseOffset, "snapshot");
    this.ask({ type: "list", path: directory }, (completion) => {
      const length = completion.type === "listed" ? (completion.entries.find((entry) => entry.name === name)?.size ?? 0) : 0;
      if (length === 0) return this.scan();
      this.ask(this.readOf(`${directory}/${name}`, { position: 0, length }), (read) => {
        if (read.type === "read") this.believe(read.bytes);
        this.scan();
      });
    });
  }

  stop(): void {
    this.isStopped = true;
  }

  complete(completion: Completion, now: Now): void {
    if (this.isStopped) return;
    if (completion.type !== "failed") return this.next(completion, now);
    this.isStopped = true;
    // The file was cut or deleted under it.
    if (completion.error.code === "ESTALE") this.options.done(now);
    else this.options.failed(`reading ${this.segment.path}: ${completion.error.code} ${completion.error.detail}`, now);
  }

  private believe(snapshot: Uint8Array): void {
    this.producers = decodeProducerSnapshot(snapshot)?.map(fromSnapshotEntry) ?? [];
  }

  private scan(): void {
    const accept = (header: BatchHeader): void => this.fresh.push(header);
    const end = { endOffset: this.segment.baseOffset, leaderEpoch: -1 };
    this.goOn(new SegmentScan({ fileBytes: this.coldEnd.position, end, accept }));
  }

  private goOn(scan: SegmentScan): void {
    const piece = scan.nextRead;
    invariant(piece !== undefined, "there is something to go through", { path: this.segment.path });
    this.ask(this.readOf(this.segment.path, piece), (completion, now) => {
      if (completion.type === "read") scan.feed(completion.bytes);
      if (scan.damage !== undefined) {
        this.isStopped = true;
        return this.options.damaged(`${this.segment.path} is damaged at byte ${scan.damage.position}, before its end: ${scan.damage.text}`, now);
      }
      if (scan.nextRead === undefined) this.finish(now);
      else this.goOn(scan);
    });
  }

  /** Batches may have been appended meanwhile, and the older of those that were known forgotten. */
  private finish(now: Now): void {
    const { segment, done } = this.options;
    const { index } = segment;
    this.isStopped = true;
    if (index.startOffset === this.coldEnd.offset && this.fresh.endOffset === index.startOffset) {
      for (let at = 0; at < index.length; at++) this.fresh.push(index.headerAt(at));
      segment.indexed = { offset: 0, time: 0 };
      segment.know(this.fresh, this.producers, new SparseIndexBuilder());
    }
    done(now);
  }

  private readOf(path: string, range: { readonly position: number; readonly length: number }): Request {
    return { type: "read", slice: { path, ...range, generation: this.options.generations.of(path) } };
  }

  private ask(request: Request, next: (completion: Completion, now: Now) => void): void {
    this.next = next;
    this.options.outbox.request(request, this);
  }
}
