import { Kafka, type Producer, logLevel, type KafkaConfig } from "kafkajs";
import { hold } from "../held.ts";
import {
  type AckStream,
  BATCH_BYTES,
  bootstrapOf,
  type Latencies,
  latenciesOf,
  type LoadClient,
  type LoadRun,
  type Produced,
  RECORDS_PER_SECOND,
} from "./load-client.ts";

/** As the Java client and librdkafka have by default: it would otherwise be the client that is measured. */
const IN_FLIGHT = 5;
const RECORD_OVERHEAD_BYTES = 12;
const PATIENCE: Pick<KafkaConfig, "connectionTimeout" | "retry"> = {
  connectionTimeout: 1_000,
  retry: { initialRetryTime: 20, maxRetryTime: 100, retries: Number.MAX_SAFE_INTEGER },
};
/** Of the records that are counted. */
const WARM_UP_SHARE = 0.25;
/** At 1000 records/s. */
const INTERVAL_MS = 1;

/** kafkajs, whose consumers are always of a group: it writes only. */
export function kafkaJs(version: string): LoadClient {
  return { id: "kafkajs", name: `kafkajs ${version}`, produce, latency, acknowledge };
}

const producerOf = (run: LoadRun): Producer =>
  new Kafka({ clientId: "samsa-bench", brokers: bootstrapOf(run).split(","), logLevel: logLevel.NOTHING, ...PATIENCE }).producer({
    allowAutoTopicCreation: false,
  });

const valueOf = (run: LoadRun): Buffer => Buffer.from(Array.from({ length: run.recordBytes }, (_, at) => 65 + ((at * 7) % 26)));

/** It makes no batches of its own, so that it is given them: one is sent when another has been acknowledged. */
async function produce(run: LoadRun, acks: -1 | 1): Promise<Produced> {
  const producer = producerOf(run);
  await producer.connect();
  const value = valueOf(run);
  const count = Math.max(1, Math.floor(BATCH_BYTES / (run.recordBytes + RECORD_OVERHEAD_BYTES)));
  let left = 0;
  const lane = async (partition: number): Promise<void> => {
    while (left > 0) {
      left -= count;
      await producer.send({ topic: run.topic.name, acks, messages: Array.from({ length: count }, () => ({ partition, value })) });
    }
  };
  const send = async (records: number): Promise<number> => {
    left = records;
    const startMs = performance.now();
    await Promise.all(Array.from({ length: run.topic.partitions * IN_FLIGHT }, (_, index) => lane(index % run.topic.partitions)));
    return performance.now() - startMs;
  };
  try {
    await send(run.records * WARM_UP_SHARE);
    const durationMs = await send(run.records);
    const sent = Math.ceil(run.records / count) * count;
    const bytes = sent * run.recordBytes;
    return { records: sent, bytes, durationMs, sentBytes: bytes * (1 + WARM_UP_SHARE) };
  } finally {
    await producer.disconnect();
  }
}

async function latency(run: LoadRun): Promise<Latencies> {
  const producer = producerOf(run);
  await producer.connect();
  const value = valueOf(run);
  const warmUp = run.records * WARM_UP_SHARE;
  const latenciesMs: number[] = [];
  const sends: Promise<void>[] = [];
  const startMs = performance.now();
  for (let sent = 0; sent < run.records + warmUp; sent++) {
    const dueMs = startMs + (sent * 1000) / RECORDS_PER_SECOND;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const messages = [{ partition: sent % run.topic.partitions, value }];
    sends.push(
      producer.send({ topic: run.topic.name, acks: -1, messages }).then(() => {
        if (sent >= warmUp) latenciesMs.push(performance.now() - dueMs);
      }),
    );
  }
  await Promise.all(sends);
  await producer.disconnect();
  return latenciesOf(latenciesMs.sort((a, b) => a - b));
}

function acknowledge(run: LoadRun, onAck: () => void): AckStream {
  const producer = producerOf(run);
  const value = valueOf(run);
  let isStopping = false;
  const loop = async (): Promise<void> => {
    await producer.connect();
    while (!isStopping) {
      await producer.send({ topic: run.topic.name, acks: -1, messages: [{ partition: 0, value }] });
      onAck();
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
  };
  // Its cluster may be gone when it is stopped.
  const running = loop().catch(() => undefined);
  const stop = hold(async () => {
    isStopping = true;
    await producer.disconnect().catch(() => undefined);
    await running;
  });
  return { stop };
}
