import type { Now } from "@samsa/stdx";
import type { Completable, Completion, EffectId, Request } from "@samsa/world";
import { ABORTED_TRANSACTION_BYTES, type AbortedTransaction, decodeAbortedTransactions, encodeAbortedTransactions } from "./aborted-transactions.ts";
import type { FileGenerations } from "./file-generations.ts";
import type { IndexCache } from "./index-cache.ts";
import type { Requests } from "./patient-outbox.ts";
import { type Segment, segmentIndexOf } from "./segment.ts";
import type { SegmentAborts } from "./segment-aborts.ts";

export interface TransactionIndexesOptions {
  readonly outbox: Requests;
  readonly generations: FileGenerations;
  readonly cache: IndexCache;
  /** What a read or a truncation waits for is there: ask again. */
  readonly loaded: (now: Now) => void;
  /** All that was asked for is done. */
  readonly settled: (now: Now) => void;
  readonly failed: (detail: string, now: Now) => void;
  readonly damaged: (detail: string, now: Now) => void;
}

/** Those with records in a range, so far. */
interface Search {
  /** Where to look on. */
  fromOffset: number;
  readonly found: AbortedTransaction[];
}

interface Step {
  readonly path: string;
  readonly request: () => Request;
  readonly done?: (bytes: Uint8Array, now: Now) => void;
}

/** Searches of a log that wait for entries to be read; beyond it the oldest begins anew. */
const SEARCHES_MAX = 64;
/** In memory, of one entry. */
const ENTRY_MEMORY_BYTES = 64;

/**
 * The `.txnindex` files of a log: readers of committed records are told by them what to leave out. One step after the other, so that what a full
 * disk holds up can't overtake what comes behind it.
 *
 * | when | the file |
 * |---|---|
 * | an abort marker is written, its segment is closed, the log stops | gets the entries it lacks |
 * | the log is cut, once the truncation's marker is there | loses the entries whose marker went |
 * | the segment goes | goes |
 * | a start goes through the segment | is made anew, but for what stands before the place where it begins |
 *
 * A start believes what stands before a producer snapshot: none is written while a step is under way. It is never synced, for after a loss of
 * the page cache every segment is gone through.
 */
export class TransactionIndexes implements Completable {
  private readonly options: TransactionIndexesOptions;
  private readonly steps: Step[] = [];
  private readonly searches = new Map<string, Search>();
  private readonly loading = new Set<SegmentAborts>();
  private underWay: { readonly id: EffectId; readonly step: Step } | undefined;
  private isStopped = false;
  private isHeld = false;

  constructor(options: TransactionIndexesOptions) {
    this.options = options;
  }

  get isBusy(): boolean {
    return this.underWay !== undefined || this.steps.length > 0;
  }

  /** No file is touched until `resume`. */
  hold(): void {
    this.isHeld = true;
  }

  resume(): void {
    this.isHeld = false;
    this.pump();
  }

  stop(): void {
    this.isStopped = true;
    this.steps.length = 0;
    this.loading.clear();
  }

  /** The marker is the last of the log. */
  add(segment: Segment, entry: AbortedTransaction): void {
    segment.aborts ??= { filedCount: 0, filed: [], waiting: [], fileBytes: 0 };
    segment.aborts.waiting.push(entry);
  }

  /** As recovery found it. */
  adopt(segment: Segment): void {
    const { aborts } = segment;
    if (aborts?.filed !== undefined) this.keep(aborts, aborts.filed);
    this.flush(segment);
  }

  /** Entries for the markers that are written go to the file. */
  flush(segment: Segment): void {
    const { aborts } = segment;
    if (aborts === undefined) return;
    const endOffset = writtenEndOf(segment);
    const count = aborts.waiting.findIndex(({ lastOffset }) => lastOffset >= endOffset);
    const entries = aborts.waiting.splice(0, count < 0 ? aborts.waiting.length : count);
    this.shorten(segment, aborts);
    if (entries.length === 0) return;
    const position = aborts.filedCount * ABORTED_TRANSACTION_BYTES;
    const path = segment.pathOf("txnindex");
    aborts.filedCount += entries.length;
    aborts.fileBytes = aborts.filedCount * ABORTED_TRANSACTION_BYTES;
    if (aborts.filed !== undefined) this.keep(aborts, [...aborts.filed, ...entries]);
    this.push({ path, request: () => ({ type: "append", path, position, buffers: [encodeAbortedTransactions(entries)] }) });
  }

  /** In the order of their markers, those with records in `[startOffset, endOffset)`; undefined: they are being read, and `loaded` will tell. */
  between(segments: readonly Segment[], startOffset: number, endOffset: number): readonly AbortedTransaction[] | undefined {
    const key = `${startOffset}-${endOffset}`;
    const search = this.searches.get(key) ?? { fromOffset: startOffset, found: [] };
    this.searches.delete(key);
    for (let number = segmentIndexOf(segments, search.fromOffset); number < segments.length; number++) {
      const segment = segments[number] as Segment;
      search.fromOffset = Math.max(startOffset, segment.baseOffset);
      if (!this.isLoaded(segment)) return this.remember(key, search);
      const { filed = [], waiting = [] } = segment.aborts ?? {};
      for (const entries of [filed, waiting]) {
        for (let at = countBefore(entries, startOffset); at < entries.length; at++) {
          const entry = entries[at] as AbortedTransaction;
          if (entry.firstOffset < endOffset) search.found.push(entry);
          // Whatever began before it had ended by then.
          if (entry.lastStableOffset >= endOffset) return search.found;
        }
      }
    }
    return search.found;
  }

  /** Whether the segment's entries are in memory; if not, they are being read, and `loaded` will tell. */
  isLoaded(segment: Segment): boolean {
    const { aborts } = segment;
    if (aborts === undefined) return true;
    if (aborts.filed === undefined) this.load(segment, aborts);
    else this.options.cache.touch(aborts);
    return aborts.filed !== undefined;
  }

  /** The log ends at `endOffset`, in this segment, whose entries are in memory. */
  cut(segment: Segment, endOffset: number): void {
    const { aborts } = segment;
    this.searches.clear();
    if (aborts?.filed === undefined) return;
    const count = countBefore(aborts.filed, endOffset);
    aborts.waiting = aborts.waiting.filter(({ lastOffset }) => lastOffset < endOffset);
    if (count === aborts.filedCount) return;
    aborts.filedCount = count;
    this.keep(aborts, aborts.filed.slice(0, count));
    this.shorten(segment, aborts);
  }

  /** The segment is no more. */
  drop(segment: Segment): void {
    const { aborts } = segment;
    this.release(segment);
    if (aborts !== undefined && aborts.fileBytes > 0) this.delete(segment.pathOf("txnindex"));
  }

  /** As above, where somebody else sees to the file: what is being read of it counts no more. */
  release(segment: Segment): void {
    const { aborts } = segment;
    segment.aborts = undefined;
    this.searches.clear();
    if (aborts === undefined) return;
    this.options.cache.remove(aborts);
    this.loading.delete(aborts);
  }

  /** A file that no segment has. */
  delete(path: string): void {
    this.push({
      path,
      request: () => {
        this.options.generations.next(path);
        return { type: "delete", path };
      },
    });
  }

  complete(completion: Completion, now: Now): void {
    const { underWay } = this;
    this.underWay = undefined;
    if (this.isStopped || underWay === undefined) return;
    const { step } = underWay;
    if (completion.type === "failed" && !isGone(completion)) {
      this.stop();
      return this.options.failed(`${step.path}: ${completion.error.code} ${completion.error.detail}`, now);
    }
    step.done?.(completion.type === "read" ? completion.bytes : new Uint8Array(0), now);
    this.pump();
    if (!this.isBusy) this.options.settled(now);
  }

  /** What an earlier segment has told is not asked for again: the cache may be too small for all of them at a time. */
  private remember(key: string, search: Search): undefined {
    const [oldest] = this.searches.keys();
    if (this.searches.size >= SEARCHES_MAX && oldest !== undefined) this.searches.delete(oldest);
    this.searches.set(key, search);
  }

  /** A start found more in the file, or the log was cut. */
  private shorten(segment: Segment, aborts: SegmentAborts): void {
    const length = aborts.filedCount * ABORTED_TRANSACTION_BYTES;
    const path = segment.pathOf("txnindex");
    if (aborts.fileBytes <= length) return;
    aborts.fileBytes = length;
    if (length === 0) return this.delete(path);
    this.push({ path, request: () => ({ type: "truncate", path, length, generation: this.options.generations.next(path) }) });
  }

  private load(segment: Segment, aborts: SegmentAborts): void {
    if (this.isStopped || this.loading.has(aborts)) return;
    this.loading.add(aborts);
    const path = segment.pathOf("txnindex");
    const length = aborts.filedCount * ABORTED_TRANSACTION_BYTES;
    this.push({
      path,
      request: () => ({ type: "read", slice: { path, position: 0, length, generation: this.options.generations.of(path) } }),
      done: (bytes, now) => {
        this.loading.delete(aborts);
        const isStale = segment.aborts !== aborts || length !== aborts.filedCount * ABORTED_TRANSACTION_BYTES;
        const entries = isStale ? undefined : entriesIn(segment, bytes, length);
        if (!isStale && entries === undefined) return this.options.damaged(`${path} is damaged`, now);
        if (entries !== undefined) this.keep(aborts, entries);
        this.options.loaded(now);
      },
    });
  }

  private keep(aborts: SegmentAborts, entries: AbortedTransaction[]): void {
    aborts.filed = entries;
    const evict = (): void => void (aborts.filed = undefined);
    if (entries.length === 0) this.options.cache.remove(aborts);
    else this.options.cache.add(aborts, { memoryBytes: entries.length * ENTRY_MEMORY_BYTES, evict });
  }

  private push(step: Step): void {
    this.steps.push(step);
    this.pump();
  }

  private pump(): void {
    if (this.isStopped || this.underWay !== undefined || this.isHeld) return;
    const step = this.steps.shift();
    if (step !== undefined) this.underWay = { id: this.options.outbox.request(step.request(), this), step };
  }
}

/** Undefined where they are not what such a file of the segment can have. */
export function entriesIn(
  { baseOffset, endOffset }: Pick<Segment, "baseOffset" | "endOffset">,
  bytes: Uint8Array,
  length: number,
): AbortedTransaction[] | undefined {
  const entries = bytes.length === length ? decodeAbortedTransactions(bytes) : undefined;
  const isWrong = entries?.some((entry) => entry.lastOffset < baseOffset || entry.lastOffset >= endOffset || entry.firstOffset >= entry.lastOffset);
  return isWrong === true ? undefined : entries;
}

/** How many of them have their marker before `offset`. */
function countBefore(entries: readonly AbortedTransaction[], offset: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle] as AbortedTransaction).lastOffset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What of the segment is in its file. */
function writtenEndOf({ index, writtenBytes }: Segment): number {
  return index.baseOffsetAt(index.countWithin(Math.min(writtenBytes, index.endPosition)));
}

const isGone = (completion: Completion): boolean =>
  completion.type === "failed" && (completion.error.code === "ENOENT" || completion.error.code === "ESHORT" || completion.error.code === "ESTALE");
