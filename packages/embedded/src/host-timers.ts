import type { FaultTimer } from "@samsa/world";
import { hostTimers } from "@samsa/world-node";

/** A cluster's time-outs and delays: of the real clock, whatever a test has put in its place, and all gone with the cluster. */
export class HostTimers implements FaultTimer {
  private readonly pending = new Set<NodeJS.Timeout>();

  /** They don't keep the process alive: whoever waits for something holds it alive by what he waits for. */
  after(delayMs: number, run: () => void): () => void {
    const timer = hostTimers.setTimeout(() => {
      this.pending.delete(timer);
      run();
    }, delayMs);
    this.pending.add(timer);
    return () => {
      hostTimers.clearTimeout(timer);
      this.pending.delete(timer);
    };
  }

  clear(): void {
    for (const timer of this.pending) hostTimers.clearTimeout(timer);
    this.pending.clear();
  }
}
