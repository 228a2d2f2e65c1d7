import type { MetadataImage } from "@samsa/metadata";
import type { ReadReplica, Replica } from "@samsa/replication";
import type { NodeId, Offset } from "@samsa/stdx";
import { endpointOf } from "../endpoints.ts";

/** Of replica.selector.class; with any other, or none, consumers read from leaders. */
export const RACK_AWARE_SELECTOR = "org.apache.kafka.common.replica.RackAwareReplicaSelector";

/** Where a consumer would like to read. */
export interface ReadWish {
  readonly rackId: string;
  /** By which it came: it must be able to reach the replica by the same one. */
  readonly listener: string;
  readonly fetchOffset: Offset;
}

/**
 * The follower that a leader sends a consumer to (KIP-392), as Kafka's RackAwareReplicaSelector chooses: one in the consumer's rack, unless
 * the leader is in it too; of several the one with the most records, then the one that was caught up last, then the largest id.
 * Undefined: it is to read here.
 */
export function preferredReadReplica(image: MetadataImage, replica: Replica, { rackId, listener, fetchOffset }: ReadWish): NodeId | undefined {
  if (rackId === "" || replica.role !== "leader" || image.brokers.get(replica.self)?.rack === rackId) return undefined;
  let best: ReadReplica | undefined;
  for (const candidate of replica.readReplicas(fetchOffset)) {
    const broker = image.brokers.get(candidate.id);
    // In the ISR as this leader knows it, but fenced or gone by now (P26).
    if (broker === undefined || broker.isFenced || broker.rack !== rackId || endpointOf(broker, listener) === undefined) continue;
    if (best === undefined || isBetter(candidate, best)) best = candidate;
  }
  return best?.id;
}

function isBetter(one: ReadReplica, other: ReadReplica): boolean {
  if (one.endOffset !== other.endOffset) return one.endOffset > other.endOffset;
  if (one.caughtUpUs !== other.caughtUpUs) return one.caughtUpUs > other.caughtUpUs;
  return one.id > other.id;
}
