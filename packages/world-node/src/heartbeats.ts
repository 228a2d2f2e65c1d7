import type { WebSocket } from "ws";
import { clearInterval, setInterval } from "./timers.ts";

/**
 * Pings in a row without a sign of life, after which the other side is taken for gone. Not one: a process that was stopped for a minute beats
 * before it has read the answers that wait in its sockets.
 */
const UNANSWERED_MAX = 2;

interface Watched {
  unanswered: number;
  readonly silent: () => void;
}

/**
 * Pings every message connection (RFC 6455 §5.5.2) and tells of those whose other side gives no sign of life: a host that lost its power,
 * or is cut off, sends no reset, and TCP alone would believe in it for a quarter of an hour. Whoever does not read for that long is gone too.
 */
export class Heartbeats {
  private readonly intervalMs: number;
  private readonly watched = new Map<WebSocket, Watched>();
  private timer: NodeJS.Timeout | undefined;

  constructor(intervalMs: number) {
    this.intervalMs = intervalMs;
  }

  watch(webSocket: WebSocket, silent: () => void): void {
    const watched: Watched = { unanswered: 0, silent };
    this.watched.set(webSocket, watched);
    for (const sign of ["message", "ping", "pong"] as const) webSocket.on(sign, () => (watched.unanswered = 0));
    webSocket.once("close", () => this.forget(webSocket));
    this.timer ??= setInterval(() => this.beat(), this.intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.watched.clear();
  }

  private forget(webSocket: WebSocket): void {
    this.watched.delete(webSocket);
    if (this.watched.size === 0) this.stop();
  }

  private beat(): void {
    for (const [webSocket, watched] of this.watched) {
      // While we do not read we would not hear of it.
      if (webSocket.isPaused) watched.unanswered = 0;
      else if (watched.unanswered >= UNANSWERED_MAX) watched.silent();
      else if (webSocket.readyState === webSocket.OPEN) {
        watched.unanswered++;
        webSocket.ping();
      }
    }
  }
}
