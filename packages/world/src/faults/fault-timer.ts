/** Faults need timers of their own: a node's clock has one deadline, and that is the node's. Must not call from inside the call. */
export interface FaultTimer {
  after(delayMs: number, run: () => void): void;
}
