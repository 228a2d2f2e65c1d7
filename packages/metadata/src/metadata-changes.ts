import type { NodeId, Uuid } from "@samsa/stdx";
import { configResourceKey, type MetadataImage, type PartitionImage, type TopicImage } from "./image.ts";

/** What one image differs in from the one before it. */
export interface MetadataChanges {
  /** Topics that are new or have changed, with the partitions that are new or have changed. */
  readonly changedTopics: ReadonlyMap<Uuid, ReadonlySet<number>>;
  /** As they were last. */
  readonly removedTopics: ReadonlyMap<Uuid, TopicImage>;
  readonly changedBrokers: ReadonlySet<NodeId>;
  /** Keys of resources, see `configResourceKey`; of topics that were removed as well. */
  readonly changedConfigs: ReadonlySet<string>;
}

/**
 * What lies between two images where no entries of the log do: the later one came by a snapshot. Whoever follows the changes of
 * one entry after the other can follow these (KAFKA-14894: what the snapshot has no more must be seen to go).
 */
export function compareImages(before: MetadataImage, after: MetadataImage): MetadataChanges {
  return {
    changedTopics: changedTopics(before, after),
    removedTopics: new Map([...before.topics()].filter(({ topicId }) => after.topicById(topicId) === undefined).map((topic) => [topic.topicId, topic])),
    changedBrokers: changedBrokers(before, after),
    changedConfigs: changedConfigs(before, after),
  };
}

function changedTopics(before: MetadataImage, after: MetadataImage): ReadonlyMap<Uuid, ReadonlySet<number>> {
  const changed = new Map<Uuid, ReadonlySet<number>>();
  for (const topic of after.topics()) {
    const earlier = before.topicById(topic.topicId);
    if (earlier === topic) continue;
    const partitions = topic.partitions.filter((one) => !isAsBefore(earlier?.partitions[one.partition], one));
    if (earlier === undefined || partitions.length > 0) changed.set(topic.topicId, new Set(partitions.map(({ partition }) => partition)));
  }
  return changed;
}

/** A partition's epoch counts all of its changes but where its replicas lie. */
function isAsBefore(before: PartitionImage | undefined, after: PartitionImage): boolean {
  if (before?.partitionEpoch !== after.partitionEpoch || before.directories?.length !== after.directories?.length) return false;
  return (before.directories ?? []).every(({ brokerId, directoryId }, at) => {
    const now = after.directories?.[at];
    return now?.brokerId === brokerId && now.directoryId === directoryId;
  });
}

function changedBrokers(before: MetadataImage, after: MetadataImage): ReadonlySet<NodeId> {
  const ids = new Set([...before.brokers.keys(), ...after.brokers.keys()]);
  return new Set(
    [...ids].filter((id) => {
      const [old, now] = [before.brokers.get(id), after.brokers.get(id)];
      return old?.brokerEpoch !== now?.brokerEpoch || old?.isFenced !== now?.isFenced || old?.logDirs?.join() !== now?.logDirs?.join();
    }),
  );
}

function changedConfigs(before: MetadataImage, after: MetadataImage): ReadonlySet<string> {
  const keys = new Set([...before.tables.configs.entries(), ...after.tables.configs.entries()].map(([key]) => key));
  const changed = [...keys].filter((key) => !sameConfigs(before.tables.configs.get(key), after.tables.configs.get(key)));
  // A topic that was removed and created again under its name has its configs anew, even if they are equal.
  for (const { topicId, name } of before.topics())
    if (after.topicById(topicId) === undefined && keys.has(configResourceKey("topic", name))) changed.push(configResourceKey("topic", name));
  return new Set(changed);
}

function sameConfigs(a: ReadonlyMap<string, string> | undefined, b: ReadonlyMap<string, string> | undefined): boolean {
  if (a === b) return true;
  if (a?.size !== b?.size) return false;
  return [...(a ?? [])].every(([key, value]) => b?.get(key) === value);
}
