import type { Socket } from "node:net";
import { NEWCOMERS_MAX } from "./network-limits.ts";
import { clearTimeout, setTimeout } from "./timers.ts";

/**
 * Sockets that were accepted and have not asked for their WebSocket yet: none for long, whatever it sends meanwhile, and few at a time.
 * One more resets the one that has had the longest time, so that who says nothing keeps no place.
 */
export class Newcomers {
  private readonly timeoutMs: number;
  /** In the order of their coming. */
  private readonly timers = new Map<Socket, NodeJS.Timeout>();

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  add(socket: Socket): void {
    const [oldest] = this.timers.keys();
    if (oldest !== undefined && this.timers.size >= NEWCOMERS_MAX) this.reset(oldest);
    this.timers.set(
      socket,
      setTimeout(() => this.reset(socket), this.timeoutMs),
    );
    socket.once("close", () => this.settled(socket));
  }

  /** It is none any more. */
  settled(socket: Socket): void {
    clearTimeout(this.timers.get(socket));
    this.timers.delete(socket);
  }

  private reset(socket: Socket): void {
    this.settled(socket);
    socket.resetAndDestroy();
  }
}
