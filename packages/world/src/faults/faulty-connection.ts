import { concatBytes } from "@samsa/stdx";
import type { Transport } from "../effect.ts";
import type { CloseReason } from "../input.ts";
import type { ConnectionHandler, PortConnection } from "../ports.ts";
import type { FaultControl } from "./fault-control.ts";
import { Lane } from "./lane.ts";
import type { StashedDirection } from "./stash-control.ts";

/** Bytes that a direction keeps while nothing passes, before the sender is told to wait: as a TCP window. */
export const HELD_BYTES_MAX = 256 * 1024;
/** A reset that loses bytes swallows one direction for so long before it strikes. */
export const SWALLOW_MS = 50;

export interface FaultyConnectionOptions {
  readonly inner: PortConnection;
  readonly control: FaultControl;
  readonly number: number;
  readonly transport: Transport;
  /** The listener that was dialled; undefined on the side that accepted. */
  readonly endpoint: string | undefined;
  /** It will do nothing more. */
  readonly gone: () => void;
}

/**
 * One end of a connection, decorated. Each direction is a lane that a partition cuts, the stash holds and slowness delays.
 * `open`: both lanes work. `abandoned`: this side has reset it, but what is held has yet to reach the other side. `gone`.
 */
export class FaultyConnection implements PortConnection {
  readonly remote: string;
  private readonly inner: PortConnection;
  private readonly options: FaultyConnectionOptions;
  private readonly control: FaultControl;
  private readonly outgoing: Lane;
  private readonly incoming: Lane;
  private handler: ConnectionHandler | undefined;
  private state: "open" | "abandoned" | "gone" = "open";
  private readonly stashed = { outgoing: false, incoming: false };
  private swallowed: "outgoing" | "incoming" | undefined;
  private wantsReading = true;
  private isInnerReading = true;
  private isInnerBlocked = false;
  private isWaitingForDrain = false;
  private hasEnded = false;

  constructor(options: FaultyConnectionOptions) {
    const { inner, control } = options;
    this.options = options;
    this.inner = inner;
    this.control = control;
    this.remote = inner.remote;
    const { timer } = control;
    const delayMs = (): number => control.delayMs(options.endpoint);
    this.outgoing = new Lane({ timer, delayMs, isHeld: () => this.isHeld("outgoing"), emptied: () => this.tellDrained() });
    this.incoming = new Lane({ timer, delayMs, isHeld: () => this.isHeld("incoming") || !this.wantsReading, emptied: () => this.adjustReading() });
  }

  attach(handler: ConnectionHandler): void {
    this.handler = handler;
    this.inner.attach({
      received: (bytes) => this.receivedByInner(bytes),
      drained: () => {
        this.isInnerBlocked = false;
        this.tellDrained();
      },
      closed: (reason) => this.closedByInner(reason),
    });
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.state !== "open" || this.hasEnded || this.swallowed === "outgoing") return true;
    this.look("outgoing", chunks);
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.outgoing.push(bytes, () => {
      if (!this.inner.write(chunks)) this.isInnerBlocked = true;
      this.passed(true);
    });
    this.isWaitingForDrain = this.isInnerBlocked || this.outgoing.bytes >= HELD_BYTES_MAX;
    return !this.isWaitingForDrain;
  }

  setReading(isReading: boolean): void {
    this.wantsReading = isReading;
    this.adjustReading();
    // Not inside the call, as with a socket.
    if (isReading && !this.incoming.isEmpty) this.control.timer.after(0, () => this.incoming.pump());
  }

  admit(): void {
    this.inner.admit();
  }

  end(): void {
    if (this.state !== "open" || this.hasEnded) return;
    this.hasEnded = true;
    this.outgoing.push(0, () => this.inner.end());
  }

  /** Not even the news of it passes a cut. What the stash holds has left this side long ago: it will arrive, and an end behind it. */
  reset(): void {
    if (this.state !== "open") return;
    this.state = "abandoned";
    this.incoming.clear();
    if (this.stashed.outgoing) return this.outgoing.push(0, () => this.inner.end());
    this.outgoing.clear();
    const resetInner = (): void => {
      this.inner.reset();
      this.becomeGone();
    };
    if (this.isHeld("outgoing")) this.outgoing.push(0, resetInner);
    else resetInner();
  }

  pump(): void {
    this.outgoing.pump();
    this.incoming.pump();
  }

  /** The network breaks it. With `losesBytes` one direction is swallowed first, while its sender takes the bytes for sent. */
  breakOff(losesBytes: boolean): void {
    if (this.state !== "open" || this.swallowed !== undefined) return;
    if (!losesBytes) return this.breakNow();
    this.swallowed = this.control.prng.pick(["outgoing", "incoming"] as const);
    this.control.fired("reset", `connection with ${this.remote} loses what is ${this.swallowed}`);
    this.control.timer.after(SWALLOW_MS, () => this.breakNow());
  }

  private breakNow(): void {
    if (this.state !== "open") return;
    this.control.fired("reset", `connection with ${this.remote}`);
    this.inner.reset();
    this.close("reset");
  }

  private receivedByInner(bytes: Uint8Array): void {
    if (this.state !== "open" || this.swallowed === "incoming") return;
    this.look("incoming", [bytes]);
    this.incoming.push(bytes.length, () => {
      this.handler?.received(bytes);
      this.passed(false);
    });
    this.adjustReading();
  }

  private closedByInner(reason: CloseReason): void {
    if (this.state === "abandoned") return this.becomeGone();
    if (this.state === "gone") return;
    // A reset reaches also who does not read, and what was not read is gone.
    const isUnread = reason === "reset" && !this.wantsReading && !this.isHeld("incoming");
    if (isUnread) return this.close(reason);
    this.incoming.push(0, () => this.close(reason));
  }

  private close(reason: CloseReason): void {
    if (this.state !== "open") return;
    this.becomeGone();
    this.handler?.closed(reason);
  }

  private becomeGone(): void {
    this.state = "gone";
    this.outgoing.clear();
    this.incoming.clear();
    this.options.gone();
  }

  private isHeld(direction: "outgoing" | "incoming"): boolean {
    return this.stashed[direction] || this.control.isCut(this.options.endpoint, direction);
  }

  /** Lets the classifier see the bytes and the stash hold them. */
  private look(direction: "outgoing" | "incoming", chunks: readonly Uint8Array[]): void {
    const { classify, stash } = this.control;
    if (classify === undefined) return;
    const { number, transport, endpoint } = this.options;
    const message = classify(concatBytes(chunks), { connection: number, transport, direction, isDialled: endpoint !== undefined });
    if (message === undefined || this.stashed[direction] || !stash.isWanted) return;
    if (!stash.take(message, this.stashedDirection(direction))) return;
    this.stashed[direction] = true;
    this.control.fired("stash", `${message} ${direction} on the connection with ${this.remote}`);
  }

  private stashedDirection(direction: "outgoing" | "incoming"): StashedDirection {
    const isAbandoned = (): boolean => this.state !== "open" || this.hasEnded;
    return {
      connection: this.options.number,
      endpoint: this.options.endpoint,
      isOutgoing: direction === "outgoing",
      get isAbandoned() {
        return isAbandoned();
      },
      release: () => {
        this.stashed[direction] = false;
        this[direction].pump();
      },
    };
  }

  private passed(isOutgoing: boolean): void {
    if (this.control.stash.size > 0) this.control.stash.delivered(this.stashedDirection(isOutgoing ? "outgoing" : "incoming"));
  }

  private adjustReading(): void {
    const isReading = this.wantsReading && this.incoming.bytes < HELD_BYTES_MAX;
    if (isReading === this.isInnerReading || this.state !== "open") return;
    this.isInnerReading = isReading;
    this.inner.setReading(isReading);
  }

  private tellDrained(): void {
    if (!this.isWaitingForDrain || this.isInnerBlocked || !this.outgoing.isEmpty || this.state !== "open") return;
    this.isWaitingForDrain = false;
    if (!this.hasEnded) this.handler?.drained();
  }
}
