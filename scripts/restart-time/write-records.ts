import { apis, ErrorCode, errorName } from "@samsa/protocol";
import { encodeBatch } from "@samsa/protocol/records";
import { type Address, LoadRefused, WireConnection } from "@samsa/scenario-runner/load";
import { ZERO_UUID } from "@samsa/stdx";

export interface WriteOptions {
  readonly leader: Address;
  /** With one partition. */
  readonly topic: string;
  readonly bytes: number;
  readonly isIdempotent: boolean;
}

export interface Written {
  readonly records: number;
  readonly bytes: number;
  readonly forMs: number;
}

const PRODUCE_VERSION = 9;
const INIT_PRODUCER_ID_VERSION = 4;
const TIMEOUT_MS = 30_000;
/** A record a batch, a batch a request: below `message.max.bytes`. */
const RECORD_BYTES = 1_000_000;

/** Writes with acks=1, one request after the other, until so many bytes are acknowledged. */
export async function writeRecords({ leader, topic, bytes, isIdempotent }: WriteOptions): Promise<Written> {
  const connection = await WireConnection.open(leader);
  const value = new Uint8Array(RECORD_BYTES).fill(7);
  const producer = isIdempotent ? await producerOf(connection) : { producerId: -1, producerEpoch: -1 };
  const startedAt = performance.now();
  let records = 0;
  for (; records * RECORD_BYTES < bytes; records++) {
    const batch = encodeBatch({ records: [{ key: null, value, timestamp: Date.now() }], ...producer, baseSequence: isIdempotent ? records : -1 });
    const topicData = [{ name: topic, topicId: ZERO_UUID, partitionData: [{ index: 0, records: [batch] }] }];
    const { responses } = await connection.call(apis.Produce, PRODUCE_VERSION, { transactionalId: null, acks: 1, timeoutMs: TIMEOUT_MS, topicData });
    const errorCode = responses[0]?.partitionResponses[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    if (errorCode !== ErrorCode.NONE) throw new LoadRefused(`a produce failed: ${errorName(errorCode)}`);
  }
  connection.close();
  return { records, bytes: records * RECORD_BYTES, forMs: performance.now() - startedAt };
}

async function producerOf(connection: WireConnection): Promise<{ readonly producerId: number; readonly producerEpoch: number }> {
  const answer = await connection.call(apis.InitProducerId, INIT_PRODUCER_ID_VERSION, {
    transactionalId: null,
    transactionTimeoutMs: TIMEOUT_MS,
    producerId: -1,
    producerEpoch: -1,
  });
  if (answer.errorCode !== ErrorCode.NONE) throw new LoadRefused(`no producer id: ${errorName(answer.errorCode)}`);
  return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
}
