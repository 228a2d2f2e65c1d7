import type { BrokerRegistration, MetadataImage, PartitionImage } from "@samsa/metadata";
import { type NodeId, type Uuid, ZERO_UUID } from "@samsa/stdx";

/** The log directories of a broker that work. */
export const logDirsOf = ({ logDirs, directoryId }: BrokerRegistration): readonly Uuid[] => logDirs ?? [directoryId];

/** Where a broker's replica of the partition lies; undefined where it was never said. */
export const directoryOf = ({ directories }: PartitionImage, brokerId: NodeId): Uuid | undefined =>
  directories?.find((one) => one.brokerId === brokerId)?.directoryId;

/** False for a replica whose log directory has failed, though its broker lives: it can neither lead nor follow. */
export function isReplicaOnline(image: MetadataImage, partition: PartitionImage, brokerId: NodeId): boolean {
  const at = directoryOf(partition, brokerId);
  const broker = image.brokers.get(brokerId);
  return at === undefined || broker === undefined || broker.directoryId === ZERO_UUID || logDirsOf(broker).includes(at);
}
