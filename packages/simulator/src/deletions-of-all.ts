import type { RecordDeletionOutcome } from "@samsa/client";
import { afterMs, type Micros, type Now } from "@samsa/stdx";
import type { GhostPartition } from "./invariants/ghost-partition.ts";

/** So long a leader may come to a request to which no answer came: its process is paused, or the link is slow. */
const STALE_MS = 30_000;

/**
 * Requests to delete all that is committed, by the time in which a leader may act on them. It does so once, before it answers: what it has answered is
 * over. One without an answer may still lie in a queue. The operator waits for one before it asks for the next, so that those are few.
 */
export class DeletionsOfAll {
  private readonly stale: { readonly committed: GhostPartition; readonly untilUs: Micros }[] = [];

  asked(committed: GhostPartition): void {
    committed.allAsked++;
  }

  answered(committed: GhostPartition, outcome: RecordDeletionOutcome, now: Now): void {
    const isUnknown = outcome.type === "failed" && (outcome.error === "DISCONNECTED" || outcome.error === "REQUEST_TIMED_OUT");
    if (isUnknown) this.stale.push({ committed, untilUs: afterMs(now, STALE_MS) });
    else committed.allAsked--;
  }

  /** To be called now and then. */
  forgetStale(now: Now): void {
    for (let first = this.stale[0]; first !== undefined && first.untilUs <= now.monotonicUs; first = this.stale[0]) {
      first.committed.allAsked--;
      this.stale.shift();
    }
  }
}
