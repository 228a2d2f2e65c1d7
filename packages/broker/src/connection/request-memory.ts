import { afterMs, type Micros, type Now } from "@samsa/stdx";

/** Of all connections' large requests together, where `queued.max.request.bytes` says nothing (−1). */
export const DEFAULT_REQUEST_MEMORY_BYTES = 32 * 1024 * 1024;
/** The one whose turn it is has so long for the rest of its request while others wait. */
export const REQUEST_TURN_MS = 10_000;
/** After which more of those that wait are told to go on: what the ones before them had to say has come. */
const MORE_AFTER_MS = 1;
/** What one that goes on may read before it can be told to stop again, about. */
const READ_BYTES = 256 * 1024;

/** Whoever receives a large request piece by piece. */
export interface RequestHolder {
  /** There is no room for more: nothing is to be read until `resume`. */
  suspend(): void;
  /** There may be room again. */
  resume(now: Now): void;
  /** Its request has not come in time, and others waited for it. */
  expire(): void;
}

/**
 * Memory for large requests that have not come whole, of all connections together; a request is large by what it says of its size, so that a claim
 * is counted from its first bytes on. Beyond the limit nobody is read on within one, but who has held the longest: so one after the other gets
 * through, and one that sends nothing loses its turn with its connection. Kafka's pool, which `queued.max.request.bytes` bounds there, stops reading
 * everybody once it is claimed; small requests need nobody's leave here.
 *
 *     reading ──limit reached, not the oldest──▶ waiting
 *        ▲ ◀──────── room, or the oldest ───────────┘
 */
export class RequestMemory {
  private readonly limitBytes: number;
  /** What each holds, the longest-holding first. */
  private readonly holders = new Map<RequestHolder, number>();
  /** Told to go on, within a large request. */
  private readonly reading = new Set<RequestHolder>();
  private readonly waiting = new Set<RequestHolder>();
  private held = 0;
  /** When more of those that wait may go on, if there is room still. */
  private moreAt: Micros | undefined;
  private turn: { readonly holder: RequestHolder; readonly endsAt: Micros } | undefined;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get heldBytes(): number {
    return this.held;
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.moreAt ?? this.turn?.endsAt;
  }

  /** Whether it may hold more than it does, to be asked before it reads that. False: it waits until `resume`. */
  admits(holder: RequestHolder): boolean {
    const { oldest } = this;
    const isAdmitted = this.held < this.limitBytes || oldest === holder || oldest === undefined;
    const [from, to] = isAdmitted ? [this.waiting, this.reading] : [this.reading, this.waiting];
    from.delete(holder);
    to.add(holder);
    return isAdmitted;
  }

  /** `bytes`: all that it holds now of a large request that is not whole. */
  holds(holder: RequestHolder, bytes: number): void {
    const wasFull = this.held >= this.limitBytes;
    this.held += bytes - (this.holders.get(holder) ?? 0);
    if (bytes > 0) this.holders.set(holder, bytes);
    if (!wasFull && this.held >= this.limitBytes) this.suspendOthers();
  }

  /** Its request is whole, or it is gone. */
  leaves(holder: RequestHolder): void {
    this.waiting.delete(holder);
    this.reading.delete(holder);
    this.held -= this.holders.get(holder) ?? 0;
    this.holders.delete(holder);
    if (this.turn?.holder === holder) this.turn = undefined;
  }

  /** Once a turn: whoever may go on does, and who had its turn for too long is ended. */
  endTurn(now: Now): void {
    if (this.turn !== undefined && now.monotonicUs >= this.turn.endsAt && this.turn.holder === this.oldest) this.turn.holder.expire();
    const { oldest } = this;
    if (oldest !== undefined && this.waiting.delete(oldest)) oldest.resume(now);
    this.resumeWaiting(now);
    if (this.waiting.size === 0 || oldest === undefined) this.turn = undefined;
    else if (this.turn?.holder !== oldest) this.turn = { holder: oldest, endsAt: afterMs(now, REQUEST_TURN_MS) };
  }

  /** At once: each would read something more before it is looked at, and hundreds of them read much. */
  private suspendOthers(): void {
    const { oldest } = this;
    for (const holder of this.reading) if (holder !== oldest) holder.suspend();
  }

  /** No more at a time than would fill the room: all of them would read before the first is counted. */
  private resumeWaiting(now: Now): void {
    this.moreAt = undefined;
    let readBytes = 0;
    for (const holder of this.waiting) {
      if (this.held >= this.limitBytes && this.oldest !== undefined) return;
      if (readBytes > 0 && this.held + readBytes >= this.limitBytes) {
        this.moreAt = afterMs(now, MORE_AFTER_MS);
        return;
      }
      readBytes += READ_BYTES;
      this.waiting.delete(holder);
      holder.resume(now);
    }
  }

  private get oldest(): RequestHolder | undefined {
    const [first] = this.holders.keys();
    return first;
  }
}
