import type { HostedReplica } from "@samsa/broker";
import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost, ReplicaMemory } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/**
 * I-P5, evidence only from the current epoch: a high watermark moves on what the members of the ISR said in this very leader epoch. One that
 * has not heard of the epoch can have said nothing in it (KIP-320).
 */
export class FetchEvidence implements InvariantCheck {
  readonly id = "I-P5";
  readonly looksAtChangesOnly = true;
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost, { changed }: Turn): void {
    const memory = ghost.memoryOf(view);
    for (const hosted of changed) {
      const before = memory.replicas.get(hosted.key);
      const { replica } = hosted;
      if (replica.role !== "leader" || !hosted.log.isReady || replica.highWatermark <= (before?.highWatermark ?? 0)) continue;
      // At an election it is raised to the log's start, without evidence.
      if (replica.highWatermark > Math.max(hosted.log.logStartOffset, toldAsFollower(hosted, before, ghost))) this.checkHeard(view, hosted, ghost);
    }
  }

  private checkHeard(view: NodeView, { replica, key, topic, partition }: HostedReplica, ghost: Ghost): void {
    for (const id of replica.maximalIsr) {
      const heard = id === view.id ? undefined : ghost.nodes.get(id)?.replicas.get(key)?.heardEpoch;
      if (heard !== undefined && heard < replica.leaderEpoch)
        this.report(
          this.id,
          `${topic}-${partition}: leader ${view.id} moves its high watermark to ${replica.highWatermark} in epoch ${replica.leaderEpoch} on the word of ${id}, which has heard of no epoch after ${heard}`,
        );
    }
  }
}

/**
 * How far its leader may have told it that all is committed, in the very turn in which it began to lead itself:
 *
 * 1. An answer to its fetch says how far; 2. in the same turn the metadata say that it leads; 3. nobody has looked at it in between.
 *
 * Only of the leader that it followed when it was last looked at, in this process, and only what that one had committed and it had written itself.
 */
function toldAsFollower(hosted: HostedReplica, before: ReplicaMemory | undefined, ghost: Ghost): number {
  if (before?.isCurrent !== true || before.role !== "follower" || before.leaderEpoch >= hosted.replica.leaderEpoch) return 0;
  const committed = ghost.partition(hosted).lastBefore(before.leaderEpoch + 1)?.endOffset ?? 0;
  return Math.min(committed, hosted.log.writtenEnd);
}
