import { type ApiInputs, apis, ErrorCode } from "@samsa/protocol";
import { ZERO_UUID } from "@samsa/stdx";
import { MetadataReader } from "../scale/partition-table.ts";
import { batchOf } from "./produce-load.ts";
import { type Address, WireConnection } from "./wire-connection.ts";

const PRODUCE_VERSION = 9;
const TIMEOUT_MS = 30_000;
const RECORD_BYTES = 100;
const RETRY_MS = 5;

/**
 * Writes one record after the other to partition 0 of a topic, with acks=all. Where that fails it asks whoever answers for the leader, and tries
 * again every 5 ms: what it waits for is the cluster and not a client's patience.
 */
export class AckProbe {
  private readonly brokers: ReadonlyMap<number, Address>;
  private readonly topic: string;
  private readonly onAck: () => void;
  private readonly metadata = new MetadataReader();
  private readonly request: ApiInputs["Produce"]["request"];
  private readonly loop: Promise<void>;
  private connection: WireConnection | undefined;
  private isStopping = false;

  constructor(options: { readonly brokers: ReadonlyMap<number, Address>; readonly topic: string; readonly onAck: () => void }) {
    this.brokers = options.brokers;
    this.topic = options.topic;
    this.onAck = options.onAck;
    const partitionData = [{ index: 0, records: [batchOf(RECORD_BYTES, 1)] }];
    this.request = { transactionalId: null, acks: -1, timeoutMs: TIMEOUT_MS, topicData: [{ name: options.topic, topicId: ZERO_UUID, partitionData }] };
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.connection?.close();
    await this.loop;
    this.metadata.close();
  }

  private async run(): Promise<void> {
    for (let turn = 0; !this.isStopping; turn++) {
      this.connection ??= await this.connectToLeader(turn);
      if (this.connection !== undefined && (await this.isAcknowledged(this.connection))) this.onAck();
      else {
        this.connection?.close();
        this.connection = undefined;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    this.connection?.close();
  }

  private async connectToLeader(turn: number): Promise<WireConnection | undefined> {
    const addresses = [...this.brokers.values()];
    const described = await this.metadata.read(addresses[turn % addresses.length] as Address, [this.topic]);
    const leader = this.brokers.get(described?.find(({ partition }) => partition === 0)?.leader ?? -1);
    return leader === undefined ? undefined : orUndefined(WireConnection.open(leader));
  }

  private async isAcknowledged(connection: WireConnection): Promise<boolean> {
    const answer = await orUndefined(connection.call(apis.Produce, PRODUCE_VERSION, this.request));
    return answer?.responses[0]?.partitionResponses[0]?.errorCode === ErrorCode.NONE;
  }
}

/** What a dead broker's socket says is no answer. */
async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}
