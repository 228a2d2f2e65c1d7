import { SMALL_FRAME_BYTES } from "@samsa/protocol";
import { afterMs, type Micros, type Now } from "@samsa/stdx";

/** What a connection may always hold of a request that is not whole yet: small requests need nobody's leave. */
export const SMALL_REQUEST_BYTES = SMALL_FRAME_BYTES;
/** Of all connections together, where `queued.max.request.bytes` says nothing (−1). */
export const DEFAULT_REQUEST_MEMORY_BYTES = 32 * 1024 * 1024;
/** The one whose turn it is has so long for the rest of its request while others wait. */
export const REQUEST_TURN_MS = 30_000;

/** Whoever receives requests piece by piece. */
export interface RequestHolder {
  /** There may be room again. */
  resume(now: Now): void;
  /** Its request has not come in time, and others waited for it. */
  expire(): void;
}

/**
 * Memory for requests that have not come whole, of all connections together. Beyond the limit those that would hold more than a little are read
 * no further, but the one that has held the longest: so one after the other gets through, and one that sends nothing loses its turn with its
 * connection. Kafka's pool, which `queued.max.request.bytes` bounds there, stops reading everybody once it is claimed; small requests go on here.
 *
 *     small ──more than SMALL_REQUEST_BYTES──▶ large ──limit reached, not the oldest──▶ waiting
 *       ▲◀──── whole, or gone ────────────────────┘ ◀──── room, or the oldest ─────────────┘
 */
export class RequestMemory {
  private readonly limitBytes: number;
  /** Those that hold much, the longest-holding first. */
  private readonly large = new Map<RequestHolder, number>();
  private readonly waiting = new Set<RequestHolder>();
  private held = 0;
  private turn: { readonly holder: RequestHolder; readonly endsAt: Micros } | undefined;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** Of those that hold much. */
  get heldBytes(): number {
    return this.held;
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.turn?.endsAt;
  }

  /** Whether it may hold more than it does, to be asked before it does. False: it waits until `resume`. */
  admits(holder: RequestHolder, bytes: number): boolean {
    const { oldest } = this;
    const isAdmitted = bytes <= SMALL_REQUEST_BYTES || this.held < this.limitBytes || oldest === holder || oldest === undefined;
    if (isAdmitted) this.waiting.delete(holder);
    else this.waiting.add(holder);
    return isAdmitted;
  }

  /** `bytes`: all that it holds now of a request that is not whole. */
  holds(holder: RequestHolder, bytes: number): void {
    const before = this.large.get(holder) ?? 0;
    const after = bytes > SMALL_REQUEST_BYTES ? bytes : 0;
    if (after === 0) this.large.delete(holder);
    else this.large.set(holder, after);
    this.held += after - before;
  }

  leaves(holder: RequestHolder): void {
    this.waiting.delete(holder);
    this.holds(holder, 0);
  }

  /** Once a turn: whoever may go on does, and who had its turn for too long is ended. */
  endTurn(now: Now): void {
    if (this.turn !== undefined && now.monotonicUs >= this.turn.endsAt && this.turn.holder === this.oldest) this.turn.holder.expire();
    const { oldest } = this;
    if (oldest !== undefined && this.waiting.delete(oldest)) oldest.resume(now);
    for (const holder of this.waiting) {
      if (this.held >= this.limitBytes && this.oldest !== undefined) break;
      this.waiting.delete(holder);
      holder.resume(now);
    }
    if (this.waiting.size === 0 || oldest === undefined) this.turn = undefined;
    else if (this.turn?.holder !== oldest) this.turn = { holder: oldest, endsAt: afterMs(now, REQUEST_TURN_MS) };
  }

  private get oldest(): RequestHolder | undefined {
    const [first] = this.large.keys();
    return first;
  }
}
