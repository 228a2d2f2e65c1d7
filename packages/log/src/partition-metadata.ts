import { decodeUtf8, encodeUtf8, type Uuid, uuid } from "@samsa/stdx";

/** Kafka's `partition.metadata`, which has no newline at its end: whose partition the directory holds. A topic created again under its name has another id. */
export const encodePartitionMetadata = (topicId: Uuid): Uint8Array => encodeUtf8(`version: 0\ntopic_id: ${topicId}`);

/** Undefined where the bytes are no such file. */
export function decodePartitionMetadata(bytes: Uint8Array): Uuid | undefined {
  const id = /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\n?$/.exec(decodeUtf8(bytes))?.[1];
  return id === undefined ? undefined : uuid(id);
}
