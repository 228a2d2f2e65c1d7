import { queryObjects } from "node:v8";
import { FrameDecoder } from "@samsa/protocol";

/** The good client's connection, and what the engine has not let go of yet. */
const DECODERS_MAX = 8;
/** What is there after the first seed is compiled code and tables; more than this on top of it is kept by somebody. */
const GROWTH_BYTES_MAX = 64 * 1024 * 1024;
/** With what the simulated world and its checkers remember of each. */
const BYTES_PER_PARTITION_MAX = 80 * 1024;

let firstBytes: number | undefined;

/** Every connection of a server's has a decoder of frames: none may outlive its connection. Counting them collects garbage first. `partitions`: what a case asked for and got is there. */
export function leaks(partitions: number): readonly string[] {
  const decoders = Number(queryObjects(FrameDecoder, { format: "count" }));
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  firstBytes ??= heapUsed + arrayBuffers;
  const growth = heapUsed + arrayBuffers - firstBytes;
  return [
    ...(decoders > DECODERS_MAX ? [`${decoders} connections are kept by somebody after they were closed`] : []),
    ...(growth > GROWTH_BYTES_MAX + partitions * BYTES_PER_PARTITION_MAX ? [`the heap has grown by ${growth} bytes since the first seed`] : []),
  ];
}
