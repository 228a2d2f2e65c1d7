import { apis, ErrorCode, errorName } from "@samsa/protocol";
import { ZERO_UUID } from "@samsa/stdx";
import { LoadRefused, type LoadTopic } from "./load-topic.ts";
import { batchOf } from "./produce-load.ts";
import { type Address, decodeAnswer, frameOf, WireConnection } from "./wire-connection.ts";

export interface PacedLoadOptions {
  readonly topic: LoadTopic;
  /** Of each partition. */
  readonly leaders: readonly Address[];
  readonly recordBytes: number;
  readonly recordsPerSecond: number;
  readonly warmUpMs: number;
  readonly forMs: number;
}

const PRODUCE_VERSION = 9;
const TIMEOUT_MS = 30_000;

/**
 * One record a request, with acks=all, to one partition after the other, at a steady rate. Gives the time from when each record was due to
 * its acknowledgement, in order of size: a sender that comes late, because it was kept waiting, does not make the wait look shorter.
 */
export async function pacedLoad(options: PacedLoadOptions): Promise<readonly number[]> {
  const { topic, leaders, recordBytes, recordsPerSecond, warmUpMs, forMs } = options;
  const connections = await Promise.all(leaders.map((leader) => WireConnection.open(leader)));
  const frames = leaders.map((_, partition) => {
    const topicData = [{ name: topic.name, topicId: ZERO_UUID, partitionData: [{ index: partition, records: [batchOf(recordBytes, 1)] }] }];
    return frameOf(apis.Produce, PRODUCE_VERSION, { transactionalId: null, acks: -1, timeoutMs: TIMEOUT_MS, topicData });
  });
  const count = Math.floor(((warmUpMs + forMs) * recordsPerSecond) / 1000);
  const startMs = performance.now();
  const latenciesMs: number[] = [];
  const answers: Promise<void>[] = [];
  for (let sent = 0; sent < count; sent++) {
    const dueMs = startMs + (sent * 1000) / recordsPerSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const partition = sent % leaders.length;
    const isCounted = dueMs - startMs >= warmUpMs;
    answers.push(
      ask(connections[partition] as WireConnection, frames[partition] as Uint8Array).then(() => {
        if (isCounted) latenciesMs.push(performance.now() - dueMs);
      }),
    );
  }
  await Promise.all(answers);
  for (const connection of connections) connection.close();
  return latenciesMs.sort((a, b) => a - b);
}

async function ask(connection: WireConnection, frame: Uint8Array): Promise<void> {
  const answer = await new Promise<Uint8Array>((resolve, reject) => connection.send(frame, resolve, reject));
  const code = decodeAnswer(apis.Produce, PRODUCE_VERSION, answer).responses[0]?.partitionResponses[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  if (code !== ErrorCode.NONE) throw new LoadRefused(`a produce failed: ${errorName(code)}`);
}
