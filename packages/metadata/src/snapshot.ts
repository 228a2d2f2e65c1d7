import { invariant } from "@samsa/stdx";
import { MetadataDelta } from "./delta.ts";
import { EMPTY_IMAGE, type MetadataImage, type TopicImage } from "./image.ts";
import { recordBytesMax } from "./record-size.ts";
import type { ConfigResourceType, MetadataRecord } from "./records.ts";

/** Of one chunk; a single record may be larger, and is a chunk of its own then. */
export const SNAPSHOT_CHUNK_BYTES = 64 * 1024;

/**
 * An image as records, in chunks: replayed by `SnapshotReader` they give an image that is equal to it (I-M2). The image is immutable, so
 * a chunk may be taken now and the next one in a later turn. Of a type of record that nobody writes here nothing would survive
 * (KAFKA-15860): a test replays histories that use them all.
 */
export function* imageToRecords(image: MetadataImage, chunkBytes: number = SNAPSHOT_CHUNK_BYTES): Generator<readonly MetadataRecord[]> {
  let chunk: MetadataRecord[] = [];
  let bytes = 0;
  for (const record of recordsOf(image)) {
    const size = recordBytesMax(record);
    if (chunk.length > 0 && bytes + size > chunkBytes) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(record);
    bytes += size;
  }
  yield chunk;
}

function* recordsOf(image: MetadataImage): Generator<MetadataRecord> {
  const { nextBrokerEpoch, nextProducerId } = image;
  yield { type: "snapshot", nextBrokerEpoch, nextProducerId };
  for (const [name, level] of image.features) yield { type: "feature-level", name, level };
  for (const broker of image.brokers.values()) yield { type: "broker", ...broker };
  for (const topic of image.topics()) yield* topicRecords(topic);
  for (const [resource, values] of image.tables.configs.entries()) yield* configRecords(resource, values);
}

function* topicRecords({ name, topicId, partitions }: TopicImage): Generator<MetadataRecord> {
  yield { type: "topic", name, topicId };
  for (const partition of partitions) yield { type: "partition", topicId, ...partition };
}

function* configRecords(resource: string, values: ReadonlyMap<string, string>): Generator<MetadataRecord> {
  const [resourceType, resourceName] = splitResourceKey(resource);
  for (const [key, value] of values) yield { type: "config", resourceType, resourceName, key, value };
}

/** The inverse of `configResourceKey`. */
export function splitResourceKey(key: string): readonly [resourceType: ConfigResourceType, resourceName: string] {
  const end = key.indexOf(":");
  const resourceType = key.slice(0, end);
  invariant(resourceType === "topic" || resourceType === "broker" || resourceType === "group", "a config belongs to a topic, a group or brokers", { key });
  return [resourceType, key.slice(end + 1)];
}

/** Makes an image of a snapshot's records, chunk by chunk: nobody sees it before it is whole. */
export class SnapshotReader {
  private readonly delta = new MetadataDelta(EMPTY_IMAGE);
  private hasBegun = false;

  add(records: readonly MetadataRecord[]): void {
    for (const record of records) {
      invariant(this.hasBegun === (record.type !== "snapshot"), "a snapshot begins with its own record, which comes once", { type: record.type });
      this.hasBegun = true;
      this.delta.replay(record);
    }
  }

  /** `index`: of the last entry of the log that the snapshot stands for. */
  finish(index: number): MetadataImage {
    invariant(this.hasBegun, "a snapshot begins with its own record", { index });
    return this.delta.apply(index);
  }
}
