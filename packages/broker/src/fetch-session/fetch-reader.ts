import type { NodeId } from "@samsa/stdx";

/** Who fetches: a client, or a broker that proved itself as that replica on this connection. */
export type FetchReader =
  | { readonly type: "consumer"; readonly isReadCommitted: boolean; readonly rackId: string }
  | { readonly type: "replica"; readonly replicaId: NodeId; readonly replicaEpoch: number };

/** A session is its maker's: a replica's is of one incarnation, and no client goes on with it. Of clients any may, as in Kafka. */
export function isSameReader(one: FetchReader, other: FetchReader): boolean {
  if (one.type === "consumer" || other.type === "consumer") return one.type === other.type;
  return one.replicaId === other.replicaId && one.replicaEpoch === other.replicaEpoch;
}
