import { portableLz4 } from "./codecs/lz4.ts";
import { portableSnappy } from "./codecs/snappy.ts";
import type { CompressionPorts } from "./compression.ts";

let current: CompressionPorts = { snappy: portableSnappy, lz4: portableLz4 };

/** For the whole process: a world puts in what it has, as gzip and zstd, which are not written here. */
export function useCompression(ports: CompressionPorts): void {
  current = { ...current, ...ports };
}

/** What batches are looked into with, unless a caller says otherwise: snappy, LZ4 and what the world has put in. */
export const compressionPorts = (): CompressionPorts => current;
