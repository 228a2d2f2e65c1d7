import type { Socket } from "node:net";
import { type CloseReason, type ConnectionHandler, type PortConnection, STRANGER_BYTES_MAX } from "@samsa/world";
import type { WebSocket } from "ws";
import type { Heartbeats } from "./heartbeats.ts";
import { MESSAGE_HIGH_WATER_BYTES, MESSAGE_LOW_WATER_BYTES } from "./network-limits.ts";
import { plainBytes, remoteName } from "./remote-name.ts";
import { setImmediate } from "./timers.ts";

/** WebSocket close codes (RFC 6455 §7.4.1). */
const NORMAL_CLOSURE = 1000;
const GOING_AWAY = 1001;

/** A WebSocket connection: one binary message is one `received`. Nothing is handed over before `attach`. */
export class MessageConnection implements PortConnection {
  readonly remote: string;
  private readonly webSocket: WebSocket;
  private readonly socket: Socket;
  private handler: ConnectionHandler | undefined;
  private isOpen = true;
  private hasEnded = false;
  private isReading = true;
  private isWaitingForDrain = false;
  /** What came in one chunk with a message upon which the receiver stopped reading; at most one socket read. */
  private held: Uint8Array[] = [];
  /** The other side's end, behind what is held. */
  private heldEnd = false;
  /** Bytes that a stranger may still send; undefined: it is none. */
  private allowanceBytes: number | undefined;

  /** `isStranger`: it was accepted, and is to be admitted. */
  constructor(webSocket: WebSocket, socket: Socket, isStranger: boolean) {
    this.webSocket = webSocket;
    this.socket = socket;
    this.remote = remoteName(socket);
    webSocket.binaryType = "nodebuffer";
    webSocket.on("error", () => {});
    webSocket.on("message", (data: Buffer) => this.received(plainBytes(data)));
    webSocket.on("close", (code) => this.webSocketClosed(code === NORMAL_CLOSURE || code === GOING_AWAY ? "end" : "reset"));
    webSocket.pause();
    if (!isStranger) return;
    this.allowanceBytes = STRANGER_BYTES_MAX;
    socket.on("data", this.countStranger);
  }

  attach(handler: ConnectionHandler): void {
    this.handler = handler;
    this.adjustReading();
    this.release();
  }

  admit(): void {
    if (this.allowanceBytes === undefined) return;
    this.allowanceBytes = undefined;
    this.socket.off("data", this.countStranger);
    if (this.isOpen) this.adjustReading();
  }

  /** Broken off when the other side gives no sign of life any more. */
  watch(heartbeats: Heartbeats): void {
    heartbeats.watch(this.webSocket, () => this.socket.resetAndDestroy());
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (!this.isOpen || this.hasEnded) return true;
    const message = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    this.webSocket.send(message, { binary: true }, this.onSent);
    if (this.webSocket.bufferedAmount < MESSAGE_HIGH_WATER_BYTES) return true;
    this.isWaitingForDrain = true;
    return false;
  }

  setReading(isReading: boolean): void {
    if (!this.isOpen || this.isReading === isReading) return;
    this.isReading = isReading;
    this.adjustReading();
    if (!isReading) return;
    // Never from inside the call, as with a socket.
    if (this.held.length > 0 || this.heldEnd) setImmediate(() => this.release());
  }

  end(): void {
    if (!this.isOpen || this.hasEnded) return;
    this.hasEnded = true;
    this.webSocket.close(NORMAL_CLOSURE);
  }

  reset(): void {
    this.isOpen = false;
    this.held = [];
    this.socket.resetAndDestroy();
  }

  /**
   * The bytes of the socket, not of messages: `ws` gathers a message up to its whole length before it tells of it. A pause loses nothing that a
   * peer sends behind its proof, before we have read that.
   */
  private readonly countStranger = (chunk: Buffer): void => {
    if (this.allowanceBytes === undefined) return;
    this.allowanceBytes -= chunk.length;
    // What comes while it closes is thrown away, and has to be read for that.
    if (this.allowanceBytes <= 0 && this.webSocket.readyState === this.webSocket.OPEN) this.adjustReading();
  };

  private adjustReading(): void {
    const mayRead = this.isReading && this.handler !== undefined && (this.allowanceBytes === undefined || this.allowanceBytes > 0);
    if (mayRead) this.webSocket.resume();
    else this.webSocket.pause();
  }

  private readonly onSent = (error?: Error | null): void => {
    // A failure is followed by `close`.
    if (!this.isOpen || !this.isWaitingForDrain || (error !== undefined && error !== null)) return;
    if (this.webSocket.bufferedAmount > MESSAGE_LOW_WATER_BYTES) return;
    this.isWaitingForDrain = false;
    if (!this.hasEnded) this.handler?.drained();
  };

  private received(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    if (this.isReading && this.handler !== undefined && this.held.length === 0) this.handler.received(bytes);
    else this.held.push(bytes);
  }

  private release(): void {
    while (this.isOpen && this.isReading && this.handler !== undefined && this.held.length > 0) {
      const bytes = this.held.shift();
      if (bytes !== undefined) this.handler.received(bytes);
    }
    if (this.heldEnd && this.held.length === 0 && this.isReading) this.closed("end");
  }

  private webSocketClosed(reason: CloseReason): void {
    if (reason === "end" && this.held.length > 0) this.heldEnd = true;
    else this.closed(reason);
  }

  private closed(reason: CloseReason): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.held = [];
    this.handler?.closed(reason);
  }
}
