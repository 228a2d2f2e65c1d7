import { createHash } from "node:crypto";
import type { ApiDescription, MessageDescription } from "./description.ts";
import { factsOfApi, factsOfMessage, type MessageFacts } from "./facts.ts";

/** By name of the message, SHA-256 of its facts: what Kafka's schemas say, in a form that can be compared without them. */
export function schemaDigests(apis: readonly ApiDescription[], others: readonly MessageDescription[]): Readonly<Record<string, string>> {
  const messages = [...others.map(factsOfMessage), ...apis.flatMap(factsOfApi)];
  return Object.fromEntries(messages.map((facts) => [facts.name, digestOf(facts)]));
}

const digestOf = (facts: MessageFacts): string => createHash("sha256").update(JSON.stringify(facts)).digest("hex");
