import type { TraceEvent } from "@samsa/world";

/** Kinds of trace events that a campaign must have seen: one that never hits a mark has tested nothing about it. */
const MARKED = new Set([
  "raft-role",
  "controller",
  "broker-fenced",
  "broker-unfenced",
  "leader-elected",
  "isr-changed",
  "truncate",
  "records-deleted",
  "log-compacted",
  "log-recovered",
  "raft-truncate",
  "fault",
  "replica-offline",
  "log-directory-offline",
  "disk-full",
  "disk-has-room",
]);

export class Marks {
  readonly counts: Record<string, number> = {};

  add({ event }: TraceEvent): void {
    if (event.kind === "fault") this.bump(`fault ${event.fault}`);
    else if (event.kind === "group-coordinator") {
      if (event.isActive && event.leaderEpoch > 0) this.bump("coordinator moved");
    } else if (event.kind === "log-recovered") {
      if (event.droppedBytes > 0) this.bump("torn tail dropped");
    } else if (MARKED.has(event.kind)) this.bump(event.kind);
  }

  /** Also for what is no event of the trace. */
  bump(mark: string): void {
    this.counts[mark] = (this.counts[mark] ?? 0) + 1;
  }
}
