import type { Compression } from "./batch.ts";
import { type CompressionPort, type CompressionPorts, DECOMPRESSED_BYTES_MAX } from "./compression.ts";
import { compressionPorts } from "./compression-ports.ts";

/** So many times its size a request may decompress to, if that is more than one batch may: as long as it takes to send, so long may it keep us busy. */
const OUTPUT_PER_INPUT_MAX = 8;
/** More comes out of no codec: a block of zstd that repeats one byte is 128 KiB of 4. What failed half way may have given as much. */
const CODEC_RATIO_MAX = 32_768;

const CODECS: readonly Exclude<Compression, "none">[] = ["gzip", "snappy", "lz4", "zstd"];

/**
 * What the batches of one request may decompress to together: they are looked into on the thread that serves all clients, and a request of 100 MiB has
 * room for 50,000 bombs of 64 MiB each.
 */
export class DecompressionBudget {
  /** Every codec of the process, within this budget. */
  readonly ports: CompressionPorts;
  private bytesLeft: number;

  constructor(requestBytes: number) {
    this.bytesLeft = Math.max(DECOMPRESSED_BYTES_MAX, OUTPUT_PER_INPUT_MAX * requestBytes);
    const ports = compressionPorts();
    this.ports = Object.fromEntries(CODECS.flatMap((codec) => (ports[codec] === undefined ? [] : [[codec, this.metered(ports[codec])]])));
  }

  private metered(port: CompressionPort): CompressionPort {
    return {
      decompress: (bytes, outputBytesMax) => {
        const bytesMax = Math.min(outputBytesMax, this.bytesLeft);
        const worst = Math.min(bytesMax, CODEC_RATIO_MAX * bytes.length);
        this.bytesLeft -= worst;
        const content = port.decompress(bytes, bytesMax);
        this.bytesLeft += worst - content.length;
        return content;
      },
    };
  }
}
