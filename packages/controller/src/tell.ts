import type { MetadataImage, MetadataRecord, PartitionImage } from "@samsa/metadata";
import { NO_NODE, type NodeId } from "@samsa/stdx";
import type { ControllerTrace } from "./output.ts";

/** The story of one committed batch: what its records changed in `before`, and why. */
export function tellBatch(before: MetadataImage, records: readonly MetadataRecord[], because: string): readonly ControllerTrace[] {
  const created = new Map(records.flatMap((record) => (record.type === "topic" ? [[record.topicId, record.name] as const] : [])));
  return records.flatMap((record) =>
    record.type === "partition"
      ? tellCreated(created.get(record.topicId) ?? before.topicById(record.topicId)?.name, record)
      : tellRecord(before, record, because),
  );
}

/** The first leader comes with the partition: nobody elected it, but the story of the partition begins with it. */
function tellCreated(
  topic: string | undefined,
  { partition, leader, leaderEpoch, isr }: Extract<MetadataRecord, { type: "partition" }>,
): readonly ControllerTrace[] {
  return topic === undefined ? [] : [{ kind: "leader-elected", topic, partition, leader, leaderEpoch, isr, because: "created" }];
}

function tellRecord(before: MetadataImage, record: MetadataRecord, because: string): readonly ControllerTrace[] {
  switch (record.type) {
    case "register-broker":
      return [{ kind: "broker-registered", broker: record.brokerId, epoch: record.brokerEpoch, pageCacheSurvived: record.pageCacheSurvived }];
    case "fence-broker":
      return [{ kind: "broker-fenced", broker: record.brokerId, epoch: record.brokerEpoch, because }];
    case "unfence-broker":
      return [{ kind: "broker-unfenced", broker: record.brokerId, epoch: record.brokerEpoch }];
    case "partition-change":
      return tellPartition(before, record, because);
    default:
      return [];
  }
}

type PartitionChange = Extract<MetadataRecord, { type: "partition-change" }>;

function tellPartition(image: MetadataImage, record: PartitionChange, because: string): readonly ControllerTrace[] {
  const topic = image.topicById(record.topicId);
  const before = topic?.partitions[record.partition];
  if (topic === undefined || before === undefined) return [];
  const at = { topic: topic.name, partition: record.partition };
  const { leader, leaderEpoch, partitionEpoch, isr } = record;
  const told: ControllerTrace[] = [];
  if (leader !== before.leader) {
    told.push({ kind: "leader-elected", ...at, leader, leaderEpoch, isr, because: `${because}; ${chosenFrom(before, leader)}` });
  }
  if (isr.join() !== before.isr.join()) told.push({ kind: "isr-changed", ...at, isr, leaderEpoch, partitionEpoch, because });
  return told;
}

type Before = Pick<PartitionImage, "isr" | "elr" | "lastKnownLeader">;

/** Says so where an election may have lost records: durability is excused by it (I-P6, I-P11). What it says was looked at. */
function chosenFrom(before: Before, leader: NodeId): string {
  if (leader === NO_NODE) return "nobody is eligible";
  if (before.isr.includes(leader)) return "from the ISR";
  if (before.elr.includes(leader)) return "from the ELR";
  const standing = leader === before.lastKnownLeader ? "last known leader" : "not even the last known leader";
  return `unclean: ${standing}, ${passedOver(before)}`;
}

/** They were not empty where the batch itself takes the last member out: one that registers without its page cache. */
function passedOver({ isr, elr }: Before): string {
  if (isr.length === 0 && elr.length === 0) return "ISR and ELR are empty";
  return `ISR was [${isr.join()}], ELR was [${elr.join()}]`;
}
