import type { AnomalyName, Excuse } from "@samsa/history";
import type { NodeEvent } from "./node-event.ts";

/** How a controller begins the reason of an election that may have lost records. */
const UNCLEAN = /(?:^|; )unclean: /;

const LOST: readonly AnomalyName[] = ["lost", "unseen", "misplaced"];

/** Elections of leaders from outside of ISR and ELR, as the controllers tell of them: what was sent before may be lost by leave of `unclean.leader.election.enable`. */
export class UncleanElections {
  private readonly found = new Map<string, Excuse>();

  /** `atUs`: of the history's clock. Several nodes may tell of one election. */
  add(event: NodeEvent, atUs: number): void {
    if (event.kind !== "leader-elected" || event.leader < 0 || !UNCLEAN.test(event.because)) return;
    const { topic, partition, leader, leaderEpoch } = event;
    const key = `${topic}-${partition} ${leaderEpoch}`;
    if (this.found.has(key)) return;
    const because = `broker ${leader} was elected in epoch ${leaderEpoch} though it was in neither ISR nor ELR: unclean.leader.election.enable allows it`;
    this.found.set(key, { topic, partition, sentBeforeUs: atUs, permits: LOST, because });
  }

  excuses(): readonly Excuse[] {
    return [...this.found.values()];
  }
}
