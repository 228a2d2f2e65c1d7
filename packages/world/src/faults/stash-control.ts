import type { Fault, StashMatch, StashRelease } from "../fault-plan.ts";
import type { FaultTimer } from "./fault-timer.ts";

type StashFault = Omit<Extract<Fault, { type: "stash" }>, "victim">;

/** Nothing is held longer. */
export const STASH_HOLD_MS_MAX = 60_000;

/** A direction of a connection that the stash holds. */
export interface StashedDirection {
  readonly connection: number;
  /** The listener that was dialled; undefined on the side that accepted. */
  readonly endpoint: string | undefined;
  readonly isOutgoing: boolean;
  /** The node itself has closed the connection. */
  readonly isAbandoned: boolean;
  release(): void;
}

interface Held {
  readonly direction: StashedDirection;
  readonly release: StashRelease;
  readonly dueAtDelivery: number;
}

/**
 * Holds back one message and all that is behind it in its direction, as TCP demands. What this node sent stays held when it
 * closes the connection and dials again: the old bytes then arrive after bytes of the new connection, as if they had waited in
 * the other's request queue.
 */
export class StashControl {
  private readonly timer: FaultTimer;
  private orders: { readonly fault: StashFault; remaining: number }[] = [];
  private readonly held = new Set<Held>();
  private deliveries = 0;

  constructor(timer: FaultTimer) {
    this.timer = timer;
  }

  get isWanted(): boolean {
    return this.orders.length > 0;
  }

  /** Directions that are held now. */
  get size(): number {
    return this.held.size;
  }

  hold(fault: StashFault): void {
    this.orders.push({ fault, remaining: fault.count });
  }

  /** True: the direction is held from this message on. */
  take(message: StashMatch | undefined, direction: StashedDirection): boolean {
    const order = this.orders.find(({ fault }) => fault.message === message);
    if (order === undefined) return false;
    order.remaining--;
    if (order.remaining <= 0) this.orders.splice(this.orders.indexOf(order), 1);
    const { release } = order.fault;
    const held: Held = { direction, release, dueAtDelivery: this.deliveries + (release.type === "after-deliveries" ? release.count : 0) };
    this.held.add(held);
    this.timer.after(STASH_HOLD_MS_MAX, () => this.letGo(held));
    return true;
  }

  /** Bytes have passed somewhere in this node's network. */
  delivered(direction: StashedDirection): void {
    this.deliveries++;
    for (const held of this.held) if (this.isDue(held, direction)) this.letGo(held);
  }

  /** What some held messages wait for has happened. */
  happened(what: "after-election" | "after-registration"): void {
    for (const held of this.held) if (held.release.type === what) this.letGo(held);
  }

  releaseAll(): void {
    this.orders = [];
    for (const held of this.held) this.letGo(held);
  }

  private isDue({ direction: old, release, dueAtDelivery }: Held, passed: StashedDirection): boolean {
    if (release.type === "after-deliveries") return this.deliveries >= dueAtDelivery;
    if (release.type !== "after-reconnect" || !old.isAbandoned || old.isOutgoing !== passed.isOutgoing) return false;
    return passed.connection > old.connection && passed.endpoint === old.endpoint;
  }

  private letGo(held: Held): void {
    if (this.held.delete(held)) held.direction.release();
  }
}
