import { Kafka, logLevel, Partitioners, type Producer, type RetryOptions } from "kafkajs";
import type { Cluster } from "../src/index.ts";

const RETRY: RetryOptions = { initialRetryTime: 30, retries: 12 };

export function kafkaOf(cluster: Cluster, retry: RetryOptions = RETRY): Kafka {
  return new Kafka({ clientId: "test", brokers: cluster.bootstrapServers.split(","), logLevel: logLevel.NOTHING, retry, connectionTimeout: 5_000 });
}

export async function connectProducer(kafka: Kafka): Promise<Producer & AsyncDisposable> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  return Object.assign(producer, { [Symbol.asyncDispose]: () => producer.disconnect() });
}

/** Values of the first so many records of a topic. */
export async function readValues(kafka: Kafka, topic: string, count: number): Promise<readonly string[]> {
  const consumer = kafka.consumer({ groupId: `readers-of-${topic}`, sessionTimeout: 6_000, rebalanceTimeout: 6_000, maxWaitTimeInMs: 50 });
  const values: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  try {
    await new Promise<void>((resolve, reject) => {
      consumer.run({ eachMessage: async ({ message }) => void (values.push(String(message.value)) >= count && resolve()) }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return values;
}
