import type { Prng } from "@samsa/stdx";
import { invariant } from "@samsa/stdx";
import type { CloseReason, Transport } from "@samsa/world";
import type { Copier } from "./chunk.ts";
import { checksumOf, cutPoints } from "./chunk.ts";
import type { Link, Traffic } from "./link.ts";
import type { NetworkOptions } from "./options.ts";
import type { Process, Task } from "./process.ts";
import { Call } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";
import type { TraceHash } from "./trace-hash.ts";

/** Delivered chunks at the head of a queue that may stay before it is compacted. */
const COMPACT_AT = 256;
/** Time between two pieces of one write that was cut. */
const PIECE_GAP_US = 40;

/** What all directions of a network share. */
export interface Wire {
  readonly scheduler: Scheduler;
  readonly hash: TraceHash;
  readonly options: NetworkOptions;
  readonly copier: Copier;
  /** The stash sees every chunk before it leaves; true: held from here on, until `release`. */
  holds(bytes: Uint8Array, direction: Direction): boolean;
  delivered(direction: Direction, bytes: number): void;
  violation(text: string): void;
}

/** An end of a connection, as its two directions know it. */
export interface Terminal {
  readonly process: Process;
  readonly isOpen: boolean;
  /** Somebody is there to take what arrives. */
  readonly isListening: boolean;
  /** And wants it. */
  readonly isReading: boolean;
  readonly isWaitingForDrain: boolean;
  receive(bytes: Uint8Array): void;
  drained(): void;
  closeBecause(reason: CloseReason): void;
}

/** The connection, as its two directions know it. */
export interface Path {
  /** Counts the network's connections: a younger one has a higher id. */
  readonly id: number;
  readonly transport: Transport;
  /** `host:port` that was dialled. */
  readonly endpoint: string;
  readonly dialler: Terminal;
  opposite(direction: Direction): Direction;
}

interface Chunk {
  readonly bytes: Uint8Array;
  readonly arrivesAtUs: number;
  /** What the sender gave, with its checksum then; only if that is checked. */
  readonly given: { readonly chunks: readonly Uint8Array[]; readonly checksum: number } | undefined;
}

type Closing = { readonly reason: "end" | "reset"; readonly arrivesAtUs: number };

/**
 * One direction of a connection: bytes in order, then at most one closing mark. What is due waits while the link is cut,
 * the stash holds it, or the receiver does not read. `fire` may come too often; it looks at the time.
 */
export class Direction implements Task, Traffic {
  readonly process: Process;
  readonly connection: Path;
  readonly sender: Terminal;
  readonly receiver: Terminal;
  private readonly wire: Wire;
  private readonly link: Link;
  private queue: Chunk[] = [];
  private head = 0;
  private inFlightBytes = 0;
  private lastArrivalUs = 0;
  private armedAtUs = Number.POSITIVE_INFINITY;
  private closing: Closing | undefined;
  /** The stash holds this chunk, so all behind it. */
  private heldFrom: Chunk | undefined;
  private isDrainScheduled = false;

  constructor(options: { connection: Path; sender: Terminal; receiver: Terminal; link: Link; wire: Wire }) {
    this.connection = options.connection;
    this.sender = options.sender;
    this.receiver = options.receiver;
    this.process = options.receiver.process;
    this.link = options.link;
    this.wire = options.wire;
    this.link.traffic.add(this);
  }

  get isFromDialler(): boolean {
    return this.sender === this.connection.dialler;
  }

  get stream(): Prng {
    return this.link.stream;
  }

  /** Nothing arrives before this time: the receiver does not know of the connection yet. */
  notBefore(us: number): void {
    this.lastArrivalUs = us;
  }

  /** False: more is under way than the window allows. */
  write(chunks: readonly Uint8Array[]): boolean {
    if (this.closing !== undefined) return true;
    const bytes = this.wire.copier.copyOf(chunks);
    this.inFlightBytes += bytes.length;
    const isToBeHeld = this.heldFrom === undefined && this.wire.holds(bytes, this);
    const tail = this.queue.length;
    const { options, scheduler } = this.wire;
    const given = options.verifiesSentBuffers ? { chunks, checksum: checksumOf(chunks) } : undefined;
    const arrivesAtUs = Math.max(scheduler.nowUs + this.link.drawLatencyUs(), this.lastArrivalUs);
    if (options.fragmentation === "none" || this.connection.transport === "message") this.enqueue({ bytes, arrivesAtUs, given });
    else this.enqueuePieces(bytes, arrivesAtUs, given);
    if (isToBeHeld) this.heldFrom = this.queue[tail];
    this.armForHead();
    return this.inFlightBytes < options.windowBytes;
  }

  private enqueue(chunk: Chunk): void {
    this.lastArrivalUs = chunk.arrivesAtUs;
    this.queue.push(chunk);
  }

  private enqueuePieces(bytes: Uint8Array, firstArrivalUs: number, given: Chunk["given"]): void {
    let arrivesAtUs = firstArrivalUs;
    let start = 0;
    for (const end of cutPoints(bytes.length, this.wire.options.fragmentation, this.stream)) {
      this.enqueue({ bytes: bytes.subarray(start, end), arrivesAtUs, given: end === bytes.length ? given : undefined });
      start = end;
      arrivesAtUs += this.stream.below(PIECE_GAP_US);
    }
  }

  /** With `losesBytes` the mark overtakes what is under way, except what the stash holds: that has arrived, and waits in a server's queue. */
  close(reason: "end" | "reset", options: { losesBytes: boolean; afterUs?: number }): void {
    if (this.closing !== undefined && (this.closing.reason === "reset" || reason === "end")) return;
    const at = this.wire.scheduler.nowUs + (options.afterUs ?? this.link.drawLatencyUs());
    const loses = options.losesBytes && this.heldFrom === undefined;
    if (loses) this.dropAll();
    this.closing = { reason, arrivesAtUs: loses ? at : Math.max(at, this.lastArrivalUs) };
    this.armForHead();
  }

  /** A host that was silent is back: it answers with a reset where it would have stayed silent longer. */
  hasten(): void {
    if (this.closing === undefined) return;
    const atUs = this.wire.scheduler.nowUs + this.link.drawLatencyUs();
    this.closing = { reason: "reset", arrivesAtUs: Math.min(this.closing.arrivesAtUs, atUs) };
    this.armForHead();
  }

  /** The stash lets go: everything held arrives now. */
  release(): void {
    this.heldFrom = undefined;
    this.resume();
  }

  /** The link was cut, held or unread, and is no more. */
  resume(): void {
    this.armForHead();
    this.connection.opposite(this).checkDrain();
  }

  fire(): void {
    const now = this.wire.scheduler.nowUs;
    if (now < this.armedAtUs) return;
    this.armedAtUs = Number.POSITIVE_INFINITY;
    for (let chunk = this.queue[this.head]; chunk !== undefined && this.canDeliver; chunk = this.queue[this.head]) {
      if (chunk.arrivesAtUs > now || chunk === this.heldFrom) break;
      this.deliver(chunk);
    }
    this.checkDrain();
    if (this.closing !== undefined && now >= this.closing.arrivesAtUs && this.canClose) return this.receiver.closeBecause(this.closing.reason);
    this.armForHead();
  }

  /** Has the sender been told to wait, and may it write again? Acknowledgements take the way back, so that must not be cut. */
  checkDrain(): void {
    if (!this.sender.isWaitingForDrain || this.isDrainScheduled) return;
    const { scheduler, options } = this.wire;
    const back = this.connection.opposite(this).link;
    if (this.inFlightBytes * 2 > options.windowBytes || back.isCut) return;
    this.isDrainScheduled = true;
    const acknowledge = (): void => {
      this.isDrainScheduled = false;
      this.sender.drained();
    };
    scheduler.schedule(scheduler.nowUs + back.drawLatencyUs(), new Call(this.sender.process, acknowledge));
  }

  detach(): void {
    this.link.traffic.delete(this);
  }

  private get isMoving(): boolean {
    return !this.link.isCut && this.receiver.isListening;
  }

  private get canDeliver(): boolean {
    return this.receiver.isReading && this.isMoving;
  }

  /** A reset reaches also who does not read, and what was not read is gone; an end is read like bytes. */
  private get canClose(): boolean {
    if (!this.isMoving || this.heldFrom !== undefined) return false;
    return this.receiver.isReading ? this.head === this.queue.length : this.closing?.reason === "reset";
  }

  private deliver(chunk: Chunk): void {
    this.head++;
    if (this.head >= COMPACT_AT || this.head === this.queue.length) {
      this.queue = this.head === this.queue.length ? [] : this.queue.slice(this.head);
      this.head = 0;
    }
    const { bytes, given } = chunk;
    this.inFlightBytes -= bytes.length;
    invariant(this.inFlightBytes >= 0, "no more arrives than was sent", { connection: this.connection.id });
    if (given !== undefined && checksumOf(given.chunks) !== given.checksum) {
      this.wire.violation(`node ${this.sender.process.node} changed ${bytes.length} bytes it had given to the network`);
    }
    this.wire.hash.mix(this.connection.id);
    this.wire.hash.mixBytes(bytes);
    this.wire.delivered(this, bytes.length);
    this.receiver.receive(bytes);
  }

  private armForHead(): void {
    const chunk = this.queue[this.head];
    if (!this.receiver.isOpen) return this.dropAll();
    if (!this.isMoving || (chunk !== undefined && chunk === this.heldFrom)) return;
    if (chunk !== undefined && this.receiver.isReading) this.arm(chunk.arrivesAtUs);
    else if (this.closing !== undefined && this.heldFrom === undefined && (this.receiver.isReading || this.closing.reason === "reset"))
      this.arm(this.closing.arrivesAtUs);
  }

  private arm(atUs: number): void {
    const at = Math.max(atUs, this.wire.scheduler.nowUs);
    if (at >= this.armedAtUs) return;
    this.armedAtUs = at;
    this.wire.scheduler.schedule(at, this);
  }

  private dropAll(): void {
    this.heldFrom = undefined;
    this.queue = [];
    this.head = 0;
    this.inFlightBytes = 0;
  }
}
