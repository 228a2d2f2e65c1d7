import type { MetadataRecord } from "@samsa/metadata";
import { brokerEpoch, leaderEpoch, NO_NODE, nodeId, partitionEpoch, type Uuid, uuid } from "@samsa/stdx";

type RecordOf<T extends MetadataRecord["type"]> = Extract<MetadataRecord, { type: T }>;

export const topicId = (n: number): Uuid => uuid(`topic${String(n).padStart(17, "0")}`);
export const incarnation = (n: number): Uuid => uuid(`incarnation${String(n).padStart(11, "0")}`);
export const directory = (n: number): Uuid => uuid(`directory${String(n).padStart(13, "0")}`);
export const ids = (...values: number[]) => values.map(nodeId);

export const registration = (id: number, epoch: number): RecordOf<"register-broker"> => ({
  type: "register-broker",
  brokerId: nodeId(id),
  brokerEpoch: brokerEpoch(epoch),
  incarnationId: incarnation(epoch),
  endpoints: [{ listener: "PLAINTEXT", host: "localhost", port: 9092 + id }],
  controlEndpoint: { host: "localhost", port: 9192 + id },
  rack: null,
  pageCacheSurvived: true,
  directoryId: directory(id),
  features: [],
});

/** What a snapshot says of a broker. */
export const standing = (id: number, epoch: number): RecordOf<"broker"> => {
  const { pageCacheSurvived: _, ...broker } = registration(id, epoch);
  return { ...broker, type: "broker", isFenced: false, registeredAtIndex: 5 };
};

export const fencing = (type: "fence-broker" | "unfence-broker", id: number, epoch: number): MetadataRecord => ({
  type,
  brokerId: nodeId(id),
  brokerEpoch: brokerEpoch(epoch),
});

export const partitionRecord = (topic: number, partition: number): RecordOf<"partition"> => ({
  type: "partition",
  topicId: topicId(topic),
  partition,
  replicas: ids(1, 2, 3),
  addingReplicas: [],
  removingReplicas: [],
  leader: nodeId(1),
  leaderEpoch: leaderEpoch(0),
  partitionEpoch: partitionEpoch(0),
  isr: ids(1, 2, 3),
  elr: [],
  lastKnownLeader: NO_NODE,
});

export const topicRecords = (topic: number, partitions = 1): MetadataRecord[] => [
  { type: "topic", name: `t${topic}`, topicId: topicId(topic) },
  ...Array.from({ length: partitions }, (_, partition) => partitionRecord(topic, partition)),
];

export const change = (topic: number, partition: number, state: Partial<RecordOf<"partition-change">>): RecordOf<"partition-change"> => {
  const { type: _, replicas: __, addingReplicas: ___, removingReplicas: ____, ...before } = partitionRecord(topic, partition);
  return { ...before, type: "partition-change", partitionEpoch: partitionEpoch(1), ...state };
};

export const config = (resourceType: "topic" | "broker", resourceName: string, key: string, value: string | null): MetadataRecord => ({
  type: "config",
  resourceType,
  resourceName,
  key,
  value,
});
