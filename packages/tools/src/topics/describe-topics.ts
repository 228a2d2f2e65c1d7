import { type Uuid, ZERO_UUID, uuid } from "@samsa/stdx";
import { describeCluster } from "../admin/cluster.ts";
import { type ConfigEntry, describeConfigs, ResourceType } from "../admin/configs.ts";
import { type DescribedPartition, type DescribedTopic, describeTopicById, describeTopics, listTopics } from "../admin/topics.ts";
import type { ParsedOptions } from "../command-line/option.ts";
import { illegalArgument, JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import type { ToolIo } from "../tool.ts";
import { matchingTopics } from "./matching-topics.ts";
import { REPORTS } from "./topic-options.ts";
import { isOverridden, partitionLine, topicLine } from "./topic-lines.ts";

/** Kafka's tool asks for so many partitions at a time. */
const PARTITIONS_PER_RESPONSE = 2000;
const UUID_CHARACTERS_MAX = 24;
const UUID_BYTES = 16;

/** `--describe`. */
export async function describe(session: Session, parsed: ParsedOptions, io: ToolIo): Promise<void> {
  const topics = await find(session, parsed);
  const configs = await describeConfigs(
    session,
    topics.map(({ name }) => ({ type: ResourceType.TOPIC, name })),
  );
  const { nodes } = await describeCluster(session);
  const live = new Set(nodes.map(({ id }) => id));
  for (const [index, topic] of topics.entries()) {
    const entries = configs[index];
    if (entries === undefined || entries instanceof JavaException) throw entries ?? illegalArgument("The topic has no configs");
    print({ topic, configs: entries, live, parsed, io });
  }
}

async function find(session: Session, parsed: ParsedOptions): Promise<readonly DescribedTopic[]> {
  const text = parsed.valueOf("topic-id");
  const id = text === undefined ? ZERO_UUID : parseUuid(text);
  if (id !== ZERO_UUID) return findById(session, id, parsed);
  const names = await matchingTopics(session, parsed);
  const limit = parsed.integerOf("partition-size-limit-per-response") ?? PARTITIONS_PER_RESPONSE;
  return names.length === 0 ? [] : describeTopics(session, names, limit);
}

async function findById(session: Session, id: Uuid, parsed: ParsedOptions): Promise<readonly DescribedTopic[]> {
  const isInternalLeftOut = parsed.has("exclude-internal");
  const listed = (await listTopics(session)).some(({ topicId, isInternal }) => topicId === id && !(isInternal && isInternalLeftOut));
  if (listed) return [await describeTopicById(session, id)];
  if (!parsed.has("if-exists")) throw illegalArgument(`TopicId '${id}' does not exist as expected`);
  return [];
}

interface Description {
  readonly topic: DescribedTopic;
  readonly configs: readonly ConfigEntry[];
  readonly live: ReadonlySet<number>;
  readonly parsed: ParsedOptions;
  readonly io: ToolIo;
}

function print({ topic, configs, live, parsed, io }: Description): void {
  const isOnlyReport = REPORTS.some((report) => parsed.has(report));
  const isOnlyOverrides = parsed.has("topics-with-overrides");
  if (!isOnlyReport && (!isOnlyOverrides || configs.some(isOverridden))) io.out(topicLine(topic, configs));
  if (isOnlyOverrides) return;
  const minIsr = Number(configs.find(({ name }) => name === "min.insync.replicas")?.value ?? 1);
  for (const partition of topic.partitions.toSorted((a, b) => a.partition - b.partition)) {
    if (!isOnlyReport || isReported(partition, { parsed, minIsr, live })) io.out(partitionLine(topic.name, partition));
  }
}

function isReported(
  { leader, replicas, isr }: DescribedPartition,
  { parsed, minIsr, live }: { readonly parsed: ParsedOptions; readonly minIsr: number; readonly live: ReadonlySet<number> },
): boolean {
  const hasLeader = leader >= 0;
  return (
    (parsed.has("under-replicated-partitions") && replicas.length > isr.length) ||
    (parsed.has("unavailable-partitions") && !live.has(leader)) ||
    (parsed.has("under-min-isr-partitions") && (!hasLeader || isr.length < minIsr)) ||
    (parsed.has("at-min-isr-partitions") && isr.length === minIsr)
  );
}

/** Throws where it is none, in Kafka's words. */
function parseUuid(text: string): Uuid {
  if (text.length > UUID_CHARACTERS_MAX) {
    throw illegalArgument(`Input string with prefix \`${text.slice(0, UUID_CHARACTERS_MAX)}\` is too long to be decoded as a base64 UUID`);
  }
  const illegal = /[^A-Za-z0-9_=-]/.exec(text);
  if (illegal !== null) throw illegalArgument(`Illegal base64 character ${(illegal[0].codePointAt(0) ?? 0).toString(16)}`);
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length !== UUID_BYTES) {
    throw illegalArgument(`Input string \`${text}\` decoded as ${bytes.length} bytes, which is not equal to the expected 16 bytes of a base64-encoded UUID`);
  }
  return uuid(bytes.toString("base64url"));
}
