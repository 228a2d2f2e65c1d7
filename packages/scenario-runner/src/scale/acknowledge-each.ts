import { apis, ErrorCode } from "@samsa/protocol";
import { encodeBatch } from "@samsa/protocol/records";
import { ZERO_UUID } from "@samsa/stdx";
import { type Address, decodeAnswer, frameOf, WireConnection } from "../load/wire-connection.ts";
import { type DescribedPartition, MetadataReader } from "./partition-table.ts";

export interface AcknowledgeEachOptions {
  readonly partitions: readonly DescribedPartition[];
  /** Those that may be asked and produced to. */
  readonly brokers: ReadonlyMap<number, Address>;
  readonly timeoutMs: number;
}

/** From the call on. */
export interface Acknowledged {
  readonly firstMs: number;
  readonly medianMs: number;
  readonly lastMs: number;
  /** When every partition had a leader, as far as a client is told. */
  readonly ledMs: number;
  /** Partitions that did not acknowledge in time. */
  readonly missing: number;
}

const PRODUCE_VERSION = 9;
const REQUEST_TIMEOUT_MS = 30_000;
const RETRY_MS = 5;
/** As a client's batches of many partitions go out together. */
const PARTITIONS_PER_REQUEST = 100;
const RECORD_BYTES = 100;

const keyOf = ({ topic, partition }: DescribedPartition): string => `${topic}-${partition}`;

/** One record to each partition, with acks=all: asks for the leaders and tries again until the last one is acknowledged. */
export async function acknowledgeEach(options: AcknowledgeEachOptions): Promise<Acknowledged> {
  return new AcknowledgeEach(options).run();
}

class AcknowledgeEach {
  private readonly options: AcknowledgeEachOptions;
  private readonly startMs = performance.now();
  private readonly unsent: Map<string, DescribedPartition>;
  private readonly ackedAtMs: number[] = [];
  private readonly metadata = new MetadataReader();
  private readonly connections = new Map<number, WireConnection>();
  private readonly batch = encodeBatch({ records: [{ key: null, value: new Uint8Array(RECORD_BYTES), timestamp: Date.now() }] });
  private ledMs = 0;

  constructor(options: AcknowledgeEachOptions) {
    this.options = options;
    this.unsent = new Map(options.partitions.map((partition) => [keyOf(partition), partition]));
  }

  async run(): Promise<Acknowledged> {
    const { partitions, timeoutMs } = this.options;
    for (let turn = 0; this.ackedAtMs.length < partitions.length && this.nowMs() < timeoutMs; turn++) {
      if (this.unsent.size > 0) await this.sendLed(turn);
      await new Promise((resume) => void setTimeout(resume, RETRY_MS));
    }
    this.metadata.close();
    for (const connection of this.connections.values()) connection.close();
    const sorted = this.ackedAtMs.toSorted((a, b) => a - b);
    const at = (index: number): number => sorted[index] ?? Number.NaN;
    return {
      firstMs: at(0),
      medianMs: at(Math.floor(sorted.length / 2)),
      lastMs: at(sorted.length - 1),
      ledMs: this.ledMs,
      missing: partitions.length - sorted.length,
    };
  }

  private nowMs(): number {
    return performance.now() - this.startMs;
  }

  private async sendLed(turn: number): Promise<void> {
    const ids = [...this.options.brokers.keys()];
    const asked = this.options.brokers.get(ids[turn % ids.length] ?? -1);
    const topics = [...new Set([...this.unsent.values()].map(({ topic }) => topic))];
    const described = asked === undefined ? undefined : await this.metadata.read(asked, topics);
    const led = groupBy(
      (described ?? []).filter((partition) => this.options.brokers.has(partition.leader) && this.unsent.has(keyOf(partition))),
      "leader",
    );
    for (const [leader, partitions] of led) await this.send(leader, partitions);
    if (this.unsent.size === 0) this.ledMs = this.nowMs();
  }

  private async send(leader: number, partitions: readonly DescribedPartition[]): Promise<void> {
    const connection = await this.connect(leader);
    if (connection === undefined) return;
    for (let from = 0; from < partitions.length; from += PARTITIONS_PER_REQUEST) {
      const sent = partitions.slice(from, from + PARTITIONS_PER_REQUEST);
      for (const partition of sent) this.unsent.delete(keyOf(partition));
      connection.send(
        this.frame(sent),
        (answer) => this.answered(sent, answer),
        () => {
          this.connections.delete(leader);
          for (const partition of sent) this.unsent.set(keyOf(partition), partition);
        },
      );
    }
  }

  private answered(sent: readonly DescribedPartition[], answer: Uint8Array): void {
    const refused = new Map(sent.map((partition) => [keyOf(partition), partition]));
    for (const { name, partitionResponses } of decodeAnswer(apis.Produce, PRODUCE_VERSION, answer).responses)
      for (const { index, errorCode } of partitionResponses) {
        if (errorCode !== ErrorCode.NONE || !refused.delete(`${name}-${index}`)) continue;
        this.ackedAtMs.push(this.nowMs());
      }
    for (const [key, partition] of refused) this.unsent.set(key, partition);
  }

  private frame(partitions: readonly DescribedPartition[]): Uint8Array {
    const records = [this.batch];
    const topicData = [...groupBy(partitions, "topic")].map(([name, ofTopic]) => ({
      name,
      topicId: ZERO_UUID,
      partitionData: ofTopic.map(({ partition }) => ({ index: partition, records })),
    }));
    return frameOf(apis.Produce, PRODUCE_VERSION, { transactionalId: null, acks: -1, timeoutMs: REQUEST_TIMEOUT_MS, topicData });
  }

  private async connect(leader: number): Promise<WireConnection | undefined> {
    const known = this.connections.get(leader);
    const address = this.options.brokers.get(leader);
    if (known !== undefined || address === undefined) return known;
    try {
      const opened = await WireConnection.open(address);
      this.connections.set(leader, opened);
      return opened;
    } catch (error) {
      if (error instanceof Error && "code" in error) return undefined;
      throw error;
    }
  }
}

function groupBy<Key extends "leader" | "topic">(
  partitions: readonly DescribedPartition[],
  key: Key,
): ReadonlyMap<DescribedPartition[Key], DescribedPartition[]> {
  const groups = new Map<DescribedPartition[Key], DescribedPartition[]>();
  for (const partition of partitions) {
    const group = groups.get(partition[key]);
    if (group === undefined) groups.set(partition[key], [partition]);
    else group.push(partition);
  }
  return groups;
}
