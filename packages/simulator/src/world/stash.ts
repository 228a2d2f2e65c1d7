import type { StashMatch, StashRelease, Transport } from "@samsa/world";
import type { Direction } from "./direction.ts";
import { Call } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";

/** Nothing is held longer: a run must end. */
const HOLD_US_MAX = 60_000_000;

/** What a classifier may know besides the bytes; a response is recognised by the request it saw before on that connection. */
export interface ChunkContext {
  readonly connection: number;
  readonly from: number;
  readonly to: number;
  readonly isFromDialler: boolean;
}

/** Names the first message in the bytes. Asked for every chunk, in the order they are sent, while something is to be held back. */
export type Classifier = (bytes: Uint8Array, transport: Transport, context: ChunkContext) => StashMatch | undefined;

interface Order {
  readonly message: StashMatch;
  readonly release: StashRelease;
  remaining: number;
}

interface Held {
  readonly direction: Direction;
  readonly release: StashRelease;
  /** World deliveries after which it is let go (for `after-deliveries`). */
  readonly dueAtDelivery: number;
}

/**
 * Holds back one message, and all that is behind it on its direction, as TCP demands. If its sender closes the connection
 * meanwhile and dials again, the old bytes come after bytes of the new connection, and still before the close of the old:
 * they waited in the server's request queue.
 */
export class Stash {
  private readonly scheduler: Scheduler;
  private readonly orders: Order[] = [];
  private readonly held = new Set<Held>();
  private deliveries = 0;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  /** Directions that are held now. */
  get size(): number {
    return this.held.size;
  }

  hold(order: { readonly message: StashMatch; readonly count: number; readonly release: StashRelease }): void {
    this.orders.push({ message: order.message, release: order.release, remaining: order.count });
  }

  get isWanted(): boolean {
    return this.orders.length > 0;
  }

  /** True: the direction is held from this message on. */
  holds(message: StashMatch | undefined, direction: Direction): boolean {
    if (message === undefined) return false;
    const order = this.orders.find((one) => one.message === message || (one.message === "peer-message" && isPeerMessage(message)));
    if (order === undefined) return false;
    order.remaining--;
    if (order.remaining <= 0) this.orders.splice(this.orders.indexOf(order), 1);
    this.add(direction, order.release);
    return true;
  }

  delivered(direction: Direction): void {
    this.deliveries++;
    if (this.held.size === 0) return;
    for (const held of this.held) if (this.isDue(held, direction)) this.letGo(held);
  }

  /** What some held messages wait for has happened. */
  happened(what: "after-election" | "after-registration"): void {
    for (const held of this.held) if (held.release.type === what) this.letGo(held);
  }

  /** The heal: nothing is held, and nothing will be. */
  releaseAll(): void {
    this.orders.length = 0;
    for (const held of this.held) this.letGo(held);
  }

  private add(direction: Direction, release: StashRelease): void {
    const count = release.type === "after-deliveries" ? release.count : 0;
    const held: Held = { direction, release, dueAtDelivery: this.deliveries + count };
    this.held.add(held);
    this.scheduler.schedule(this.scheduler.nowUs + HOLD_US_MAX, new Call(undefined, () => this.letGo(held)));
  }

  private isDue(held: Held, delivered: Direction): boolean {
    if (held.release.type === "after-deliveries") return this.deliveries >= held.dueAtDelivery;
    if (held.release.type !== "after-reconnect") return false;
    // A younger connection from the same process or its successor to the same listener has carried bytes the same way.
    const old = held.direction;
    const isSameWay = delivered.isFromDialler === old.isFromDialler && delivered.sender.process.node === old.sender.process.node;
    return isSameWay && delivered.connection.id > old.connection.id && delivered.connection.endpoint === old.connection.endpoint && !old.sender.isOpen;
  }

  private letGo(held: Held): void {
    if (this.held.delete(held)) held.direction.release();
  }
}

const isPeerMessage = (message: StashMatch): boolean => message === "alter-partition-request";
