import { createRequire } from "node:module";
import { outputOf } from "../child.ts";
import { javaTools, KAFKA_TOOLS } from "./java-tools.ts";
import { kafkaJs } from "./kafka-js.ts";
import { kcat } from "./kcat.ts";
import { type ClientId, CLIENT_IDS, type LoadClient } from "./load-client.ts";
import { OURS } from "./ours.ts";

const FINDERS: Readonly<Record<ClientId, () => Promise<LoadClient>>> = {
  java: async () => javaTools(/kafka-tools-([\d.]+)$/.exec(await outputOf(KAFKA_TOOLS, []))?.[1] ?? "client"),
  kcat: async () => kcat(/librdkafka ([\d.]+)/.exec(await outputOf("kcat", ["-V"]))?.[1] ?? ""),
  kafkajs: async () => kafkaJs(createRequire(import.meta.url)("kafkajs/package.json").version),
  ours: async () => OURS,
};

/** Those that were asked for, in order of preference; who says nothing gets what is there. */
export async function findClients(asked: readonly ClientId[] | undefined, tell: (line: string) => void): Promise<readonly LoadClient[]> {
  const found: LoadClient[] = [];
  for (const id of CLIENT_IDS) {
    if (asked !== undefined && !asked.includes(id)) continue;
    // The one that is always there stands in where no other foreign client is.
    if (asked === undefined && id === "kafkajs" && found.length > 0) continue;
    try {
      found.push(await FINDERS[id]());
    } catch (error) {
      if (asked !== undefined) throw error;
      tell(`no load by ${id}: ${error instanceof Error ? error.message.split("\n").slice(0, 2).join(" ") : String(error)}`);
    }
  }
  return found;
}
