import type { LeaderIdAndEpoch, NodeEndpoint } from "@samsa/protocol";
import type { LeaderHint } from "./cluster-metadata.ts";

/** KIP-951: the right leader as the response to a misdirected request names it; −1 where it does not. */
export function hintOf(
  { topic, partition }: { readonly topic: string; readonly partition: number },
  { leaderId, leaderEpoch }: LeaderIdAndEpoch,
  endpoints: readonly NodeEndpoint[],
): LeaderHint {
  const endpoint = endpoints.find(({ nodeId }) => nodeId === leaderId);
  return {
    topic,
    partition,
    leader: leaderId,
    epoch: leaderEpoch,
    endpoint: endpoint === undefined ? undefined : { host: endpoint.host, port: endpoint.port },
  };
}
