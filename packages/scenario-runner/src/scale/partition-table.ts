import { apis } from "@samsa/protocol";
import { ZERO_UUID } from "@samsa/stdx";
import { type Address, ConnectionEnded, WireConnection } from "../load/wire-connection.ts";

/** One partition as a broker describes it to clients. */
export interface DescribedPartition {
  readonly topic: string;
  readonly partition: number;
  /** −1: nobody. */
  readonly leader: number;
  readonly isr: readonly number[];
}

/** A version that Apache Kafka 4 and Samsa have, and that names topics by their names. */
const METADATA_VERSION = 12;
const POLL_MS = 20;

/** Asked again and again, one connection for each broker; one that is down is dialled anew. */
export class MetadataReader {
  private readonly connections = new Map<string, WireConnection>();

  /** Undefined where the broker can't be asked. */
  async read(address: Address, topics: readonly string[]): Promise<readonly DescribedPartition[] | undefined> {
    const key = `${address.host}:${address.port}`;
    const request = {
      topics: topics.map((name) => ({ topicId: ZERO_UUID, name })),
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    };
    try {
      const connection = this.connections.get(key) ?? (await WireConnection.open(address));
      this.connections.set(key, connection);
      const answer = await connection.call(apis.Metadata, METADATA_VERSION, request);
      return answer.topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, leaderId, isrNodes }) => ({ topic: name ?? "", partition: partitionIndex, leader: leaderId, isr: isrNodes })),
      );
    } catch (error) {
      this.connections.get(key)?.close();
      this.connections.delete(key);
      if (!(error instanceof ConnectionEnded) && !(error instanceof Error && "code" in error)) throw error;
      return undefined;
    }
  }

  /** True once the broker tells of so many partitions and `isGood` holds for each. */
  async until(address: Address, topics: ScaleTopics, isGood: (partition: DescribedPartition) => boolean): Promise<boolean> {
    const startMs = performance.now();
    while (performance.now() - startMs < topics.timeoutMs) {
      const partitions = await this.read(address, topics.names);
      if (partitions?.length === topics.partitions && partitions.every((partition) => isGood(partition))) return true;
      await pause(POLL_MS);
    }
    return false;
  }

  close(): void {
    for (const connection of this.connections.values()) connection.close();
    this.connections.clear();
  }
}

/** The topics of a run, and how long anything about them may take. */
export interface ScaleTopics {
  readonly names: readonly string[];
  /** Of all topics together. */
  readonly partitions: number;
  readonly timeoutMs: number;
}

const pause = (ms: number): Promise<void> => new Promise((resume) => void setTimeout(resume, ms));
