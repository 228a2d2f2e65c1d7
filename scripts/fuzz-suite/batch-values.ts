import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  ATTRIBUTES_AT,
  BATCH_LENGTH_AT,
  BATCH_OVERHEAD,
  computeCrc,
  COUNT_AT,
  CRC_AT,
  encodeBatch,
  LAST_OFFSET_DELTA_AT,
  LOG_OVERHEAD,
} from "@samsa/protocol/records";
import { MAGIC_AT, writeInt16, writeInt32 } from "@samsa/protocol/records";
import { concatBytes, encodeUtf8, type Prng } from "@samsa/stdx";
import type { Surroundings } from "./surroundings.ts";

const GZIP = 1;
const ZSTD = 4;
const EXTREMES = [0, 1, -1, 0x7fff_ffff, -0x8000_0000, 1_000];

/** Record batches: most as producers send them, some damaged, with a checksum that is right or not. */
export class BatchValues {
  private readonly prng: Prng;
  private readonly surroundings: Surroundings;
  private readonly wallMs: number;
  private serial = 0;

  constructor(options: { readonly prng: Prng; readonly surroundings: Surroundings; readonly wallMs: number }) {
    this.prng = options.prng;
    this.surroundings = options.surroundings;
    this.wallMs = options.wallMs;
  }

  draw(): Uint8Array {
    const { prng } = this;
    const kind = prng.below(10);
    const batch = this.sound();
    if (kind < 6) return batch;
    if (kind === 6) return this.compressed(batch);
    if (kind === 7) return this.damaged(batch, true);
    if (kind === 8) return this.damaged(batch, false);
    return prng.pick([
      () => concatBytes([batch, this.sound()]),
      () => batch.slice(0, prng.below(batch.length)),
      () => new Uint8Array(0),
      () => prng.bytes(80),
    ])();
  }

  /** No two are equal, so that whatever is read back tells which it was. */
  private sound(): Uint8Array {
    const { prng } = this;
    const count = prng.pick([1, 1, 2, 5]);
    const records = Array.from({ length: count }, () => ({
      key: prng.pick([null, encodeUtf8("key")]),
      value: encodeUtf8(`${this.serial++} ${prng.nextU32()}`),
      timestamp: this.wallMs + prng.pick([0, 0, 0, 1, -1_000, 10_000_000_000, -this.wallMs]),
      ...(prng.below(4) === 0 ? { headers: [{ key: "h", value: prng.pick([null, encodeUtf8("v")]) }] } : {}),
    }));
    return encodeBatch({ records, ...this.producer() });
  }

  private producer(): { readonly producerId?: number; readonly producerEpoch?: number; readonly baseSequence?: number } {
    const { prng } = this;
    if (prng.below(3) > 0) return {};
    const known = Number(this.surroundings.known("producerId", prng) ?? -1);
    return {
      producerId: prng.below(8) === 0 ? prng.pick([0, 77, -2, Number.MAX_SAFE_INTEGER]) : known,
      producerEpoch: prng.pick([0, 0, 0, 0, 1, -1, 32_767]),
      baseSequence: prng.pick([0, 0, 1, 2, 5, -1, 0x7fff_ffff]),
    };
  }

  private compressed(batch: Uint8Array): Uint8Array {
    const { prng } = this;
    const [codec, compress] = prng.pick([[GZIP, gzipSync] as const, [ZSTD, zstdCompressSync] as const]);
    // A bomb now and then: a thousand times what it takes.
    const content = prng.below(10) === 0 ? new Uint8Array(1_000_000) : batch.subarray(BATCH_OVERHEAD);
    const bytes = concatBytes([batch.subarray(0, BATCH_OVERHEAD), compress(content)]);
    writeInt32(bytes, BATCH_LENGTH_AT, bytes.length - LOG_OVERHEAD);
    writeInt16(bytes, ATTRIBUTES_AT, codec);
    writeInt32(bytes, CRC_AT, computeCrc(bytes));
    return bytes;
  }

  private damaged(batch: Uint8Array, isSummedAnew: boolean): Uint8Array {
    const { prng } = this;
    const bytes = batch.slice();
    const change = prng.pick([
      () => writeInt32(bytes, prng.pick([COUNT_AT, LAST_OFFSET_DELTA_AT]), prng.pick(EXTREMES)),
      () => writeInt16(bytes, ATTRIBUTES_AT, prng.below(0x200)),
      () => writeInt32(bytes, BATCH_LENGTH_AT, prng.pick([...EXTREMES, bytes.length - 11, bytes.length - 13])),
      () => (bytes[MAGIC_AT] = prng.below(4)),
      () => (bytes[prng.below(bytes.length)] = prng.below(256)),
      () => (bytes[BATCH_OVERHEAD + prng.below(bytes.length - BATCH_OVERHEAD)] = prng.below(256)),
    ]);
    change();
    const isReadable = bytes.length - LOG_OVERHEAD === new DataView(bytes.buffer).getInt32(BATCH_LENGTH_AT);
    if (isSummedAnew && isReadable) writeInt32(bytes, CRC_AT, computeCrc(bytes));
    return bytes;
  }
}
