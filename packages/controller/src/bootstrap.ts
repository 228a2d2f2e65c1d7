import { type MetadataImage, type MetadataRecord, SUPPORTED_FEATURES } from "@samsa/metadata";

/** What the first controller of a cluster settles, as Kafka's bootstrap does: what all nodes must count alike, and at which levels they work. */
export function bootstrapRecords(image: MetadataImage, { minInsyncReplicas }: { readonly minInsyncReplicas: number }): readonly MetadataRecord[] {
  const records: MetadataRecord[] = [];
  if (image.features.size === 0) for (const { name, maxLevel } of SUPPORTED_FEATURES) records.push({ type: "feature-level", name, level: maxLevel });
  if (image.brokerConfig("default").has("min.insync.replicas")) return records;
  records.push({ type: "config", resourceType: "broker", resourceName: "", key: "min.insync.replicas", value: String(minInsyncReplicas) });
  return records;
}
