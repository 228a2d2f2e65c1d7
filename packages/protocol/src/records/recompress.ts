import * as batch from "./batch.ts";
import { type CompressionPort, type CompressionPorts, DECOMPRESSED_BYTES_MAX, MissingCodecError } from "./compression.ts";
import { compressionPorts } from "./compression-ports.ts";
import { contentOf, skimRecords } from "./decode-records.ts";
import { ATTRIBUTES_AT, BATCH_LENGTH_AT, BATCH_OVERHEAD, COMPRESSION_MASK, CRC_AT, LOG_OVERHEAD, MAX_TIMESTAMP_AT } from "./layout.ts";
import { writeInt16, writeInt32, writeInt64 } from "./numbers.ts";

/** How batches are to be stored. */
export interface Recompression {
  readonly compression: batch.Compression;
  /** Of those that Kafka has for the codec; undefined: its default. */
  readonly level: number | undefined;
}

/**
 * A produced batch as a topic stores it whose `compression.type` is another than the batch's: the records byte by byte as they came, in another
 * codec; header and attributes as they were, but for the largest timestamp, which is that of the records (Kafka's `LogValidator`). A batch that
 * is in the right codec is given back, whatever its level. The batch must have passed `validateProducedBatch`; throws `MissingCodecError`.
 */
export function recompress(bytes: Uint8Array, { compression, level }: Recompression, ports: CompressionPorts = compressionPorts()): Uint8Array {
  if (batch.compressionOf(bytes) === compression) return bytes;
  const plain = withContent(bytes, "none", contentOf(bytes, 0, ports, DECOMPRESSED_BYTES_MAX));
  writeInt64(plain, MAX_TIMESTAMP_AT, latestIn(plain));
  const result = compression === "none" ? plain : withContent(plain, compression, compressorOf(compression, ports)(plain.subarray(BATCH_OVERHEAD), level));
  writeInt32(result, CRC_AT, batch.computeCrc(result));
  return result;
}

/** The header of `bytes` before `content`, which is compressed so; its CRC is to be written. */
function withContent(bytes: Uint8Array, compression: batch.Compression, content: Uint8Array): Uint8Array {
  const result = new Uint8Array(BATCH_OVERHEAD + content.length);
  result.set(bytes.subarray(0, BATCH_OVERHEAD));
  result.set(content, BATCH_OVERHEAD);
  writeInt32(result, BATCH_LENGTH_AT, result.length - LOG_OVERHEAD);
  writeInt16(result, ATTRIBUTES_AT, (batch.attributesOf(bytes) & ~COMPRESSION_MASK) | batch.COMPRESSIONS.indexOf(compression));
  return result;
}

type Compress = NonNullable<CompressionPort["compress"]>;

function compressorOf(compression: Exclude<batch.Compression, "none">, ports: CompressionPorts): Compress {
  const compress = ports[compression]?.compress;
  if (compress === undefined) throw new MissingCodecError(compression);
  return compress;
}

/** Of an uncompressed batch. */
function latestIn(bytes: Uint8Array): number {
  let latest = Number.NEGATIVE_INFINITY;
  skimRecords(bytes, {}, (_, __, timestamp) => {
    if (timestamp > latest) latest = timestamp;
  });
  return latest;
}
