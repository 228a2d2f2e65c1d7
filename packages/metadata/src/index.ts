export { MetadataDelta, replayBatch } from "./delta.ts";
export { imageHash } from "./image-hash.ts";
export { type BrokerRegistration, configResourceKey, EMPTY_IMAGE, MetadataImage, type PartitionImage, type TopicImage } from "./image.ts";
export { effectiveMinIsr, imageViolations } from "./partition-rules.ts";
export { recordBytesMax } from "./record-size.ts";
export { type FromPlain, fromPlain, type PlainRecord, recordSchemas, toPlain } from "./record-schema.ts";
export * from "./records.ts";
