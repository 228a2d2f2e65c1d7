import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Ended } from "../run-tool.ts";

const APACHE = join(import.meta.dirname, "../../../../scripts/peers/kafka-tools");
const installed = spawnSync(APACHE, { encoding: "utf8" });
const TOOL_TIMEOUT_MS = 60_000;

/** The directory of the jars. */
export const jars = installed.stdout.trim();
/** Otherwise there is nothing to compare with. */
export const areApachesToolsInstalled = installed.status === 0;

/** Of tests that need them. */
export const titleOf = (title: string): string =>
  areApachesToolsInstalled ? title : `Apache's tools ARE NOT INSTALLED (${installed.stderr.trim().split("\n").at(-1)})`;

const CLASSES: Readonly<Record<string, string>> = {
  "kafka-topics": "org.apache.kafka.tools.TopicCommand",
  "kafka-configs": "kafka.admin.ConfigCommand",
  "kafka-get-offsets": "org.apache.kafka.tools.GetOffsetShell",
  "kafka-delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
  "kafka-leader-election": "org.apache.kafka.tools.LeaderElectionCommand",
  "kafka-groups": "org.apache.kafka.tools.GroupsCommand",
  "kafka-consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
  "kafka-log-dirs": "org.apache.kafka.tools.LogDirsCommand",
  "kafka-console-producer": "org.apache.kafka.tools.ConsoleProducer",
  "kafka-console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
  "kafka-verifiable-producer": "org.apache.kafka.tools.VerifiableProducer",
  "kafka-verifiable-consumer": "org.apache.kafka.tools.VerifiableConsumer",
};

export const classOf = (tool: string): string => CLASSES[tool] ?? tool;

/** Runs one of Apache's tools, in a Java machine of its own, which takes about as long to start as the tool to run. It has no log. */
export async function apache(tool: string, args: readonly string[], stdin = ""): Promise<Ended> {
  const child = spawn(APACHE, [classOf(tool), ...args], {
    env: { ...process.env, KAFKA_HEAP_OPTS: "-Xmx256m -XX:TieredStopAtLevel=1" },
    timeout: TOOL_TIMEOUT_MS,
    killSignal: "SIGKILL",
    stdio: ["pipe", "pipe", "pipe"],
  });
  // Who ends without having read it all is not waited for.
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? -1, stdout, stderr };
}
