import { hostTimers } from "@samsa/world-node";
import { ClusterError } from "./cluster-error.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { HostTimers } from "./host-timers.ts";

interface Waiter {
  readonly isMet: (state: ClusterState) => boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Who waits for what the cluster will be. Looked at when something has changed, and then once for all changes of a turn: nothing polls. */
export class Waiters {
  private readonly state: () => ClusterState;
  private readonly timers: HostTimers;
  private readonly waiters = new Set<Waiter>();
  private isLookDue = false;
  private ended: ClusterError | undefined;

  constructor(state: () => ClusterState, timers: HostTimers) {
    this.state = state;
    this.timers = timers;
  }

  /** Rejects with TIMED_OUT, and with whatever the predicate throws. `what`: in words, for the message. */
  until(isMet: (state: ClusterState) => boolean, { timeoutMs, what }: { readonly timeoutMs: number; readonly what: string }): Promise<void> {
    return new Promise((resolve, reject) => {
      const settled = (): void => {
        cancel();
        this.waiters.delete(waiter);
      };
      const waiter: Waiter = {
        isMet,
        resolve: () => (settled(), resolve()),
        reject: (error) => (settled(), reject(error)),
      };
      const cancel = this.timers.after(timeoutMs, () =>
        waiter.reject(new ClusterError("TIMED_OUT", `${what} did not come true in ${timeoutMs} ms. The cluster is now:\n${String(this.state())}`)),
      );
      this.waiters.add(waiter);
      if (this.ended === undefined) this.look(waiter);
      else waiter.reject(this.ended);
    });
  }

  /** A node may be in the midst of its turn: what a test's predicate throws must not reach it. */
  changed(): void {
    if (this.isLookDue || this.waiters.size === 0) return;
    this.isLookDue = true;
    hostTimers.queueMicrotask(() => {
      this.isLookDue = false;
      for (const waiter of this.waiters) this.look(waiter);
    });
  }

  end(error: ClusterError): void {
    this.ended = error;
    for (const waiter of this.waiters) waiter.reject(error);
  }

  private look(waiter: Waiter): void {
    try {
      if (waiter.isMet(this.state())) waiter.resolve();
    } catch (error) {
      waiter.reject(error);
    }
  }
}
