import { failed, type Failed } from "./outcomes.ts";
import type { Leader } from "./leader.ts";
import type { BrokerView } from "./replica-listener.ts";
import type { ReplicaFetch } from "./replica-requests.ts";

/** Why a fetch proves nothing about a follower: a stranger's, or of an incarnation of the broker that is not its latest (KIP-903). */
export function refuseFollower(leader: Leader, { replicaId, replicaEpoch }: ReplicaFetch, view: BrokerView | undefined): Failed | undefined {
  if (replicaId === leader.leader || !leader.replicas.includes(replicaId))
    return failed("NOT_LEADER_OR_FOLLOWER", `${replicaId} is no follower of this partition`);
  const newestEpoch = Math.max(leader.provedOf(replicaId)?.brokerEpoch ?? -1, view?.brokerEpoch ?? -1);
  if (replicaEpoch >= newestEpoch) return undefined;
  return failed("NOT_LEADER_OR_FOLLOWER", `broker ${replicaId} is in epoch ${newestEpoch}, this fetch is from ${replicaEpoch}`);
}
