import type { Socket } from "node:net";
import type { CloseReason, ConnectionHandler, PortConnection } from "@samsa/world";
import { countRead } from "./garbage-collection.ts";
import { END_TIMEOUT_MS } from "./network-limits.ts";
import type { PiecePool } from "./piece-pool.ts";
import { ReadBudget, ReadShare } from "./read-budget.ts";
import { plainBytes, remoteName } from "./remote-name.ts";
import { startReading, stopReading } from "./socket-reading.ts";
import { clearTimeout, setTimeout } from "./timers.ts";

/** One event loop, one budget. */
const budget = new ReadBudget();

/**
 * A TCP connection. Nothing is read before `attach`. An end from the other side is answered with an end, behind what was
 * written here (`allowHalfOpen` is off), and is reported at once.
 *
 *     open ──end──▶ ended ──reading is off──▶ discarding ──the other side's end, or END_TIMEOUT_MS──▶ closed
 *
 * An end of ours is answered by one of theirs, which comes behind all that they had sent: where nobody reads that, it is thrown away.
 */
export class StreamConnection implements PortConnection {
  readonly remote: string;
  private readonly socket: Socket;
  private readonly pieces: PiecePool;
  private readonly endTimeoutMs: number;
  private handler: ConnectionHandler | undefined;
  private isOpen = true;
  private isReading = true;
  private readonly share = new ReadShare(() => {
    if (this.isOpen && (this.isReading || this.isDiscarding)) startReading(this.socket);
  });
  private hasEnded = false;
  private isDiscarding = false;

  constructor(socket: Socket, pieces: PiecePool, endTimeoutMs = END_TIMEOUT_MS) {
    this.socket = socket;
    this.pieces = pieces;
    this.endTimeoutMs = endTimeoutMs;
    this.remote = remoteName(socket);
    socket.setNoDelay(true);
    // An error is always followed by `close`; without a listener it would end the process.
    socket.on("error", () => {});
    socket.on("close", () => this.closed("reset"));
  }

  attach(handler: ConnectionHandler): void {
    this.handler = handler;
    this.socket.on("data", (buffer: Buffer) => {
      countRead(buffer.length);
      if (!this.isOpen) return;
      if (!this.isDiscarding) handler.received(plainBytes(buffer));
      if (!budget.spend(this.share, buffer.length)) stopReading(this.socket);
    });
    this.socket.on("end", () => this.closed("end"));
    this.socket.on("drain", () => {
      if (this.isOpen && !this.hasEnded) handler.drained();
    });
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (!this.isOpen || this.hasEnded) return true;
    let hasRoom = true;
    this.socket.cork();
    for (const chunk of chunks) hasRoom = this.pieces.isLent(chunk) ? this.writePiece(chunk) : this.socket.write(chunk);
    this.socket.uncork();
    return hasRoom;
  }

  /** Given back once the system has its bytes. After an error it may be under way still: it is left to the collector. */
  private writePiece(piece: Uint8Array): boolean {
    return this.socket.write(piece, (error) => {
      if (error === undefined || error === null) this.pieces.giveBack(piece);
    });
  }

  setReading(isReading: boolean): void {
    if (!this.isOpen || this.isDiscarding) return;
    this.isReading = isReading;
    if (isReading) startReading(this.socket);
    else if (this.hasEnded) this.discard();
    else stopReading(this.socket);
  }

  /** Whoever goes on sending when all that we had to say is written has no longer than whoever is silent. */
  private discard(): void {
    const { socket } = this;
    this.isDiscarding = true;
    startReading(socket);
    const wait = (): void => {
      const timer = setTimeout(() => socket.resetAndDestroy(), this.endTimeoutMs);
      socket.once("close", () => clearTimeout(timer));
    };
    if (socket.writableFinished) wait();
    else socket.once("finish", wait);
  }

  /** Nobody is a stranger here: the protocol above bounds what it buffers. */
  admit(): void {}

  end(): void {
    if (!this.isOpen || this.hasEnded) return;
    this.hasEnded = true;
    this.socket.setTimeout(this.endTimeoutMs, () => this.socket.resetAndDestroy());
    this.socket.end();
    if (!this.isReading) this.discard();
  }

  reset(): void {
    this.isOpen = false;
    this.socket.resetAndDestroy();
  }

  private closed(reason: CloseReason): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (reason === "end") this.socket.setTimeout(this.endTimeoutMs, () => this.socket.resetAndDestroy());
    this.handler?.closed(reason);
  }
}
