import type { Tool } from "./tool.ts";

/** The `kafka-*` commands by name, loaded when they are asked for. */
export const TOOLS: ReadonlyMap<string, () => Promise<Tool>> = new Map<string, () => Promise<Tool>>([
  ["kafka-topics", async () => (await import("./topics/kafka-topics.ts")).kafkaTopics],
]);
