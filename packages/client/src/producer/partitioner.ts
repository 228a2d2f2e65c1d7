import type { Prng } from "@samsa/stdx";
import { invariant } from "@samsa/stdx";
import type { ClusterMetadata } from "../cluster/cluster-metadata.ts";
import { murmur2 } from "./murmur2.ts";

const INT32_MAX = 0x7fff_ffff;

/** The partition of a record with this key: the same one for every client of any language that hashes as Kafka's Java client does. */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  invariant(partitions > 0, "a key's partition is one of several", { partitions });
  return (murmur2(key) & INT32_MAX) % partitions;
}

interface Sticky {
  readonly partition: number;
  sizeBytes: number;
}

/**
 * Chooses partitions as Kafka's own partitioner does: by the hash of the key; without one, the same partition until it was given a batch's
 * bytes, and then another one that is drawn (KIP-480, KIP-794). Partitions without a leader are passed over as long as there are others. It does not
 * look at how long brokers' queues are (`partitioner.adaptive.partitioning.enable`).
 */
export class Partitioner {
  private readonly metadata: ClusterMetadata;
  private readonly prng: Prng;
  private readonly batchSizeBytes: number;
  private readonly stickyByTopic = new Map<string, Sticky>();

  constructor(options: { readonly metadata: ClusterMetadata; readonly prng: Prng; readonly batchSizeBytes: number }) {
    this.metadata = options.metadata;
    this.prng = options.prng;
    this.batchSizeBytes = options.batchSizeBytes;
  }

  /** Undefined: the topic's partitions are not known (yet). `sizeBytes`: of the record, as far as it is known. */
  partitionOf({ topic, key, sizeBytes }: { readonly topic: string; readonly key: Uint8Array | null; readonly sizeBytes: number }): number | undefined {
    const partitions = this.metadata.topic(topic)?.partitions.size ?? 0;
    if (partitions === 0) return undefined;
    return key === null ? this.sticky(topic, partitions, sizeBytes) : partitionOfKey(key, partitions);
  }

  private sticky(topic: string, partitions: number, sizeBytes: number): number {
    const known = this.stickyByTopic.get(topic);
    const isUsable = known !== undefined && known.sizeBytes < this.batchSizeBytes && this.metadata.leaderOf(topic, known.partition) !== undefined;
    const sticky = isUsable ? known : { partition: this.draw(topic, partitions), sizeBytes: 0 };
    sticky.sizeBytes += sizeBytes;
    this.stickyByTopic.set(topic, sticky);
    return sticky.partition;
  }

  private draw(topic: string, partitions: number): number {
    const all = Array.from({ length: partitions }, (_, partition) => partition);
    const led = all.filter((partition) => this.metadata.leaderOf(topic, partition) !== undefined);
    return this.prng.pick(led.length > 0 ? led : all);
  }
}
