import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Ability, type Compression, COMPRESSIONS } from "./command.ts";

/** A client as it is, wherever it is. */
export interface ForeignClientKind {
  readonly name: string;
  readonly language: string;
  /** As the project installs it. */
  readonly version: string;
  readonly codecs: readonly Compression[];
  /** What the client itself has no way to do. */
  readonly lacks: readonly Ability[];
  /**
   * A commit that was refused, since its generation is over, it sends again under the next one: by then another member may have committed more, and every broker of Kafka's takes it.
   */
  readonly repeatsRefusedCommits?: true;
}

const CLASSIC_GROUPS_ONLY = ["consumer-protocol", "protocol-change", "server-patterns", "group-type"] as const;

const COMMAND_LINE_LACKS = [
  // Debian's librdkafka is 2.0.2, and has no KIP-848.
  ...CLASSIC_GROUPS_ONLY,
  "timestamps",
  "list-topics",
  "create-topic",
  "delete-topic",
  "grow-topic",
  "set-topic-config",
  "topic-config",
  "delete-records",
  "committed",
  "list-groups",
  "describe-group",
  "delete-group",
] as const;

export const FOREIGN_CLIENTS = {
  // It has the other codecs as plugins.
  kafkajs: { language: "JavaScript", version: "2.2.4", codecs: ["none", "gzip"], lacks: CLASSIC_GROUPS_ONLY },
  // In a group of both protocols its members are not given all, of Apache Kafka neither.
  "@platformatic/kafka": {
    language: "JavaScript",
    version: "2.12.1",
    codecs: COMPRESSIONS,
    lacks: ["protocol-change", "server-patterns"],
    repeatsRefusedCommits: true,
  },
  kcat: { language: "C (librdkafka)", version: "Debian's", codecs: COMPRESSIONS, lacks: COMMAND_LINE_LACKS },
  "confluent-kafka": { language: "Python (librdkafka)", version: "2.13.0", codecs: COMPRESSIONS, lacks: [] },
  "kafka-python": { language: "Python", version: "3.0.12", codecs: COMPRESSIONS, lacks: CLASSIC_GROUPS_ONLY },
  "Apache Kafka": { language: "Java", version: "4.3.0", codecs: COMPRESSIONS, lacks: [] },
} as const satisfies Readonly<Record<string, Omit<ForeignClientKind, "name">>>;

/** One that can be started, or what is missing on this machine. */
export interface ClientKind extends ForeignClientKind {
  /** What runs it; undefined: it is not here, and `missing` says how to get it. */
  readonly command: readonly string[] | undefined;
  readonly missing: string;
}

const DRIVERS = fileURLToPath(new URL("./drivers/", import.meta.url));
const PEERS = fileURLToPath(new URL("../../../../scripts/peers/", import.meta.url));
const JAVA_CLASSES = fileURLToPath(new URL("../../../../dist/java-client/", import.meta.url));
const JAVA_OPTIONS = ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

/** What a script of `scripts/peers` prints when the client is there, or has just been brought. */
function peer(script: string): string | undefined {
  const { status, stdout } = spawnSync(join(PEERS, script), { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** Compiled once: the Java machine would do that at each of its starts, for longer than the client itself needs. */
function javaClient(jars: string, source: string): readonly string[] {
  const changedAtMs = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
  if (changedAtMs(join(JAVA_CLASSES, "JavaClient.class")) <= changedAtMs(source)) {
    const { status, stderr, error } = spawnSync("javac", ["-proc:none", "-cp", `${jars}/*`, "-d", JAVA_CLASSES, source], { encoding: "utf8" });
    if (status !== 0) throw new Error(`javac can't compile ${source}: ${error?.message ?? stderr}`);
  }
  return ["java", ...JAVA_OPTIONS, "-cp", `${JAVA_CLASSES}${delimiter}${jars}/*`, "JavaClient"];
}

/** All of them, with those that are missing on this machine. */
export function clientKinds(): readonly ClientKind[] {
  const driver = (file: string): string => join(DRIVERS, file);
  const node = (file: string): readonly string[] => [process.execPath, driver(file)];
  const brought = (script: string, run: (printed: string) => readonly string[]): Pick<ClientKind, "command" | "missing"> => {
    const printed = peer(script);
    return { command: printed === undefined ? undefined : run(printed), missing: `scripts/peers/${script}` };
  };
  const here: Readonly<Record<keyof typeof FOREIGN_CLIENTS, Pick<ClientKind, "command" | "missing">>> = {
    kafkajs: { command: node("kafkajs.ts"), missing: "" },
    "@platformatic/kafka": { command: node("platformatic.ts"), missing: "" },
    kcat: brought("kcat", () => node("kcat.ts")),
    "confluent-kafka": brought("confluent-kafka", (python) => [python, driver("confluent_kafka_driver.py")]),
    "kafka-python": brought("kafka-python", (python) => [python, driver("kafka_python_driver.py")]),
    "Apache Kafka": brought("kafka-tools", (jars) => javaClient(jars, driver("JavaClient.java"))),
  };
  return (Object.keys(FOREIGN_CLIENTS) as (keyof typeof FOREIGN_CLIENTS)[]).map((name) => ({ name, ...FOREIGN_CLIENTS[name], ...here[name] }));
}
