import { concatBytes, type Prng } from "@samsa/stdx";
import type { Values } from "./message-writer.ts";
import { soundConsumer, soundMember } from "./sound-members.ts";
import type { Surroundings } from "./surroundings.ts";

/** Settings that a broker takes. */
export const SOUND_CONFIGS: readonly (readonly [name: string, value: string])[] = [
  ["retention.ms", "604800000"],
  ["min.insync.replicas", "1"],
  ["max.message.bytes", "1000000"],
  ["compression.type", "producer"],
  ["segment.bytes", "1048576"],
];
/** Of brokers, none of which changes what becomes of later cases. */
const SOUND_BROKER_CONFIGS: readonly (readonly [name: string, value: string])[] = [
  ["max.connections", "100000"],
  ["max.connections.per.ip", "100000"],
  ["background.threads", "12"],
  ["log.cleaner.threads", "2"],
];
const TOPIC = 2;
const BROKER = 4;
const GROWS_TO_MAX = 40;
/** Levels of metadata.version, with how they are come to. */
const LEVELS = [
  { maxVersionLevel: 30, upgradeType: 1, allowDowngrade: false },
  { maxVersionLevel: 29, upgradeType: 2, allowDowngrade: true },
];

export interface Source {
  readonly prng: Prng;
  readonly surroundings: Surroundings;
}

/** Where all of a struct must fit for a request to succeed, it does so more often than not: else nothing would ever be changed. */
export function sounder(values: Values, { prng, surroundings }: Source): Values {
  const sound = soundOf(values, { prng, surroundings });
  return sound === undefined || prng.below(3) === 0 ? values : { ...values, ...sound };
}

function soundOf(values: Values, { prng, surroundings }: Source): Values | undefined {
  const topic = surroundings.topics.length === 0 ? undefined : prng.pick(surroundings.topics);
  const ofGroup = soundConsumer(values, { prng, surroundings }) ?? soundMember(values, { prng, surroundings });
  if (ofGroup !== undefined) return ofGroup;
  if ("count" in values && "assignments" in values && topic !== undefined && topic.partitions < GROWS_TO_MAX)
    return { name: topic.name, count: topic.partitions + prng.pick([1, 1, 2]), assignments: null };
  if (("partitionData" in values || Array.isArray(values["partitions"])) && topic !== undefined)
    return { name: topic.name, topic: topic.name, topicId: topic.topicId };
  if ("numPartitions" in values)
    return {
      name: `new-${prng.below(1_000_000)}`,
      numPartitions: prng.pick([1, 2, 3]),
      replicationFactor: 1,
      assignments: [],
      configs: soundConfigs(prng, SOUND_CONFIGS),
    };
  if ("resourceType" in values && "configs" in values) return soundResource({ prng, surroundings });
  if ("feature" in values && "maxVersionLevel" in values) return { feature: "metadata.version", ...prng.pick(LEVELS) };
  // A broker's id and a nonce: with them a proof begins.
  if ("authBytes" in values) return { authBytes: concatBytes([Uint8Array.of(0, 0, 0, 2), prng.bytes(16)]) };
  return "mechanism" in values ? { mechanism: "SAMSA-PEER" } : undefined;
}

function soundResource({ prng, surroundings }: Source): Values | undefined {
  const topic = surroundings.topics.length === 0 || prng.below(5) === 0 ? undefined : prng.pick(surroundings.topics);
  const table = topic === undefined ? SOUND_BROKER_CONFIGS : SOUND_CONFIGS;
  const configs = soundConfigs(prng, table);
  return topic === undefined
    ? { resourceType: BROKER, resourceName: prng.pick(["", "1"]), configs }
    : { resourceType: TOPIC, resourceName: topic.name, configs };
}

function soundConfigs(prng: Prng, table: typeof SOUND_CONFIGS): readonly Values[] {
  const names = new Map(Array.from({ length: prng.pick([1, 1, 2]) }, () => prng.pick(table)));
  return [...names].map(([name, value]) => ({ name, value, configOperation: prng.pick([0, 0, 0, 1]) }));
}
