import type { BrokerRegistration, MetadataImage, MetadataRecord } from "@samsa/metadata";
import { NO_NODE } from "@samsa/stdx";
import { changePartitions, isUnfenced } from "./partition-change.ts";
import type { UncleanRule } from "./unclean-election.ts";

/** Takes a broker out of everything in one batch: no reader may see a fenced leader, or a broker that is fenced from half of its partitions. */
export function fenceBroker(image: MetadataImage, { brokerId, brokerEpoch }: BrokerRegistration, isUncleanAllowed: UncleanRule): readonly MetadataRecord[] {
  const isAlive = (id: typeof brokerId): boolean => id !== brokerId && isUnfenced(image, id);
  const changes = changePartitions(image, { isAlive, isUncleanAllowed }, (partition) => partition.isr.includes(brokerId));
  return [{ type: "fence-broker", brokerId, brokerEpoch }, ...changes];
}

/** Lets a broker serve, and elects it where nobody leads and it is eligible. Into other ISRs it comes by the leaders' asking. */
export function unfenceBroker(image: MetadataImage, { brokerId, brokerEpoch }: BrokerRegistration, isUncleanAllowed: UncleanRule): readonly MetadataRecord[] {
  const isAlive = (id: typeof brokerId): boolean => id === brokerId || isUnfenced(image, id);
  const changes = changePartitions(image, { isAlive, isUncleanAllowed }, (partition) => partition.leader === NO_NODE && partition.replicas.includes(brokerId));
  return [{ type: "unfence-broker", brokerId, brokerEpoch }, ...changes];
}
