import type { Tool } from "./tool.ts";

/** The `kafka-*` commands by name, loaded when they are asked for. */
export const TOOLS: ReadonlyMap<string, () => Promise<Tool>> = new Map<string, () => Promise<Tool>>([
  ["kafka-topics", async () => (await import("./topics/kafka-topics.ts")).kafkaTopics],
  ["kafka-get-offsets", async () => (await import("./get-offsets/kafka-get-offsets.ts")).kafkaGetOffsets],
  ["kafka-delete-records", async () => (await import("./delete-records/kafka-delete-records.ts")).kafkaDeleteRecords],
  ["kafka-configs", async () => (await import("./configs/kafka-configs.ts")).kafkaConfigs],
  ["kafka-leader-election", async () => (await import("./leader-election/kafka-leader-election.ts")).kafkaLeaderElection],
  ["kafka-consumer-groups", async () => (await import("./consumer-groups/kafka-consumer-groups.ts")).kafkaConsumerGroups],
  ["kafka-groups", async () => (await import("./groups/kafka-groups.ts")).kafkaGroups],
  ["kafka-console-producer", async () => (await import("./console-producer/kafka-console-producer.ts")).kafkaConsoleProducer],
  ["kafka-console-consumer", async () => (await import("./console-consumer/kafka-console-consumer.ts")).kafkaConsoleConsumer],
  ["kafka-verifiable-producer", async () => (await import("./verifiable-producer/kafka-verifiable-producer.ts")).kafkaVerifiableProducer],
  ["kafka-verifiable-consumer", async () => (await import("./verifiable-consumer/kafka-verifiable-consumer.ts")).kafkaVerifiableConsumer],
  ["kafka-log-dirs", async () => (await import("./log-dirs/kafka-log-dirs.ts")).kafkaLogDirs],
]);
