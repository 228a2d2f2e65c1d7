import { type Prng, uuidFromBytes, ZERO_UUID } from "@samsa/stdx";
import { defaultOf } from "../../packages/protocol/test/message-arbitrary.ts";
import type { Field, FieldType, ScalarType, StructType } from "../../packages/protocol/generate/description.ts";
import { isArray, isStruct } from "../../packages/protocol/generate/description.ts";
import type { Message } from "../../packages/protocol/generate/message.ts";
import { includes, parseVersions } from "../../packages/protocol/generate/versions.ts";
import type { BatchValues } from "./batch-values.ts";
import type { Values } from "./message-writer.ts";
import { SOUND_CONFIGS, sounder } from "./sound-values.ts";
import { SIMPLE_GROUPS, type Surroundings } from "./surroundings.ts";

/** Names that no topic may have, that would leave a directory, or that meet another one's. */
export const WRONG_NAMES: readonly string[] = [
  "",
  ".",
  "..",
  "../../etc/passwd",
  "a/b",
  "a\\b",
  "/absolute",
  "with space",
  "nul\u0000byte",
  "ünïcode",
  "x".repeat(250),
  "x".repeat(40_000),
  "%2e%2e",
  "orders\n",
];
const STRANGE_NAMES = ["__proto__", "constructor", "x".repeat(249), "a.b", "a_b", "-", "__cluster_metadata", "...", "toString"];

const CONFIG_NAMES = ["retention.ms", "min.insync.replicas", "cleanup.policy", "max.message.bytes", "segment.bytes", "no.such.config", "__proto__"];
const CONFIG_VALUES = ["1", "-1", "0", "1000000", "delete", "compact", "true", "", "x".repeat(300), "9223372036854775807", "9223372036854775808"];

const EXTREMES: Partial<Record<ScalarType, readonly (number | bigint)[]>> = {
  int8: [-128, 127],
  int16: [-0x8000, 0x7fff],
  uint16: [0xffff],
  int32: [-0x8000_0000, 0x7fff_ffff, -2],
  uint32: [0xffff_ffff],
  int64: [-(2n ** 63n), 2n ** 63n - 1n, 2 ** 53 - 1, -2],
};

/** Numbers that mean something, by the field's name; the first that fits. What is drawn of them is right more often than not. */
const NUMBERS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^(partition|index|partitionIndex|partitionId|partitionIndexes|partitions)$/, [0, 0, 0, 0, 1, 2, -1, 99]],
  [/^(sessionTimeoutMs|rebalanceTimeoutMs)$/, [10_000, 10_000, 900, 0, -1]],
  [/^keyType$/, [0, 0, 0, 1, 2]],
  [/^acks$/, [-1, -1, 1, 1, 1, 0, 2]],
  [/^maxWaitMs$/, [0, 0, 10, 100]],
  // Below the time of a round, so that what is not answered has no excuse.
  [/^(timeoutMs|timeout|transactionTimeoutMs)$/, [900, 900, 900, 100, 0]],
  [/maxBytes/i, [1_048_576, 1_048_576, 1_000, 1, 0]],
  [/^minBytes$/, [0, 0, 1, 100_000]],
  [/epoch/i, [-1, -1, 0, 0, 1, 2]],
  [/offset/i, [0, 0, 1, 10, -1]],
  [/timestamp/i, [-1, -2, -3, -4, -5, 0, 1_767_225_600_000]],
  [/^(replicaId|brokerId|brokerIds|nodeId|replicas)$/, [-1, -1, 1, 1, 2]],
  [/^numPartitions$/, [1, 1, 2, 3, -1, 0]],
  [/^replicationFactor$/, [1, 1, -1, 2, 0]],
  [/^count$/, [1, 2, 3, 4, 5]],
  [/^resourceType$/, [2, 2, 2, 4, 8, 0]],
];
const ABSURDLY_MANY = 2_000;
/** Of more this writer would be the victim: it keeps each byte in an array. */
const REPEATED_BYTES_MAX = 16 * 1024 * 1024;
const OTHER_NUMBERS = [0, 0, 1, 1, 2, 3, -1];
const NO_TRANSACTION_PPM = 950_000;

export interface RequestValuesOptions {
  readonly prng: Prng;
  readonly surroundings: Surroundings;
  readonly batches: BatchValues;
}

/** Draws requests that mean something: of what there is more often than of what there is not. */
export class RequestValues {
  readonly prng: Prng;
  readonly surroundings: Surroundings;
  private readonly batches: BatchValues;
  private version = 0;
  private isWithinSettings = false;
  /** What is named is to be new. */
  private isNaming = false;

  constructor({ prng, surroundings, batches }: RequestValuesOptions) {
    this.prng = prng;
    this.surroundings = surroundings;
    this.batches = batches;
  }

  draw(message: Message, version: number): Values {
    this.version = version;
    return this.struct(message.root);
  }

  private struct(struct: StructType): Values {
    this.isNaming = struct.struct.startsWith("Creatable");
    const values: Record<string, unknown> = {};
    for (const field of struct.fields) if (includes(parseVersions(field.versions), this.version)) values[field.name] = this.field(field);
    if (!this.isWithinSettings || !("value" in values) || this.prng.below(2) === 0) return sounder(values, this);
    const [name, value] = this.prng.pick(SOUND_CONFIGS);
    return { ...values, name, value };
  }

  private field(field: Field): unknown {
    const { prng } = this;
    const isNullable = includes(parseVersions(field.nullable ?? "none"), this.version);
    if (isNullable && prng.chancePpm(field.entity === "transactionalId" ? NO_TRANSACTION_PPM : field.type === "records" ? 30_000 : 200_000)) return null;
    if (field.tag !== undefined && prng.below(2) === 0) return defaultOf(field);
    return this.typed(field.type, field);
  }

  private typed(type: FieldType, field: Field): unknown {
    if (isArray(type)) return this.array(type.arrayOf, field);
    return isStruct(type) ? this.struct(type) : this.scalar(type, field);
  }

  private array(element: ScalarType | StructType, field: Field): readonly unknown[] {
    const { prng } = this;
    // Instead of a number of partitions and replicas, not beside it.
    if (field.name === "assignments" && prng.below(8) > 0) return [];
    const isSettings = isStruct(element) && /config/i.test(element.struct);
    const wasSettings = this.isWithinSettings;
    this.isWithinSettings = isSettings;
    const elements = Array.from({ length: prng.pick([0, 1, 1, 1, 1, 1, 1, 2, 2, 3]) }, () => this.typed(element, field));
    this.isWithinSettings = wasSettings;
    // Absurdly many of the same, now and then, but for what is large itself.
    if (elements.length === 0 || prng.below(500) > 0) return elements;
    const count = Math.min(ABSURDLY_MANY, Math.ceil(REPEATED_BYTES_MAX / weightOf(elements[0])));
    return Array.from({ length: count }, () => elements[0]);
  }

  private scalar(type: ScalarType, field: Field): unknown {
    const { prng } = this;
    switch (type) {
      case "bool":
        return prng.below(2) === 0;
      case "string":
        return this.text(field);
      case "uuid":
        return this.uuid();
      case "records":
        return this.batches.draw();
      case "bytes":
        return prng.bytes(prng.pick([0, 4, 16, 100]));
      case "float64":
        return prng.pick([0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY]);
      default:
        return this.number(type, field);
    }
  }

  private number(type: ScalarType, { name }: Field): number | bigint {
    const { prng } = this;
    if (prng.below(40) === 0) return prng.pick(EXTREMES[type] ?? [-1]);
    const known = prng.below(3) === 0 ? this.surroundings.known(name, prng) : undefined;
    // One too many or too few, now and then: epochs of a session, sequences, offsets.
    if (typeof known === "number") return known + prng.pick([0, 0, 0, 1, -1]);
    return prng.pick(NUMBERS.find(([pattern]) => pattern.test(name))?.[1] ?? OTHER_NUMBERS);
  }

  private uuid(): unknown {
    const { prng, surroundings } = this;
    if (surroundings.topics.length > 0 && prng.below(10) < 8) return prng.pick(surroundings.topics).topicId;
    return prng.below(2) === 0 ? ZERO_UUID : uuidFromBytes(prng.bytes(16));
  }

  private text({ name, entity }: Field): string {
    const { prng, surroundings } = this;
    if (name === "name" && this.isWithinSettings) return prng.pick(CONFIG_NAMES);
    if (entity === "topicName" || /^(name|topic|topicName|resourceName|topicNames|topics)$/.test(name)) return this.name();
    if (entity === "groupId" || /^(key|coordinatorKeys)$/.test(name)) return this.group();
    if (/config/i.test(name)) return prng.pick(CONFIG_NAMES);
    if (name === "value") return prng.pick(CONFIG_VALUES);
    const known = prng.below(2) === 0 ? surroundings.known(name, prng) : undefined;
    if (typeof known === "string") return known;
    return prng.pick(["", "client", "1", "PLAIN", "SAMSA-PEER", "group", "x".repeat(prng.pick([10, 250, 32_767])), "ünïcode"]);
  }

  private group(): string {
    const { prng, surroundings } = this;
    const kind = prng.below(10);
    if (kind < 6) return prng.pick(SIMPLE_GROUPS);
    if (kind < 8 && surroundings.members.length > 0) return prng.pick(surroundings.members).groupId;
    return kind === 8 ? `new-${prng.below(1_000)}` : prng.pick(["", "ünïcode", "__proto__", "x".repeat(250)]);
  }

  /** Of a topic, a resource, or a setting. */
  private name(): string {
    const { prng, surroundings } = this;
    if (this.isNaming && prng.below(2) === 0) return `new-${prng.below(1_000_000)}`;
    const kind = prng.below(20);
    if (kind < 13 && surroundings.topics.length > 0) return prng.pick(surroundings.topics).name;
    if (kind < 15) return `new-${prng.below(1_000)}`;
    if (kind === 15) return prng.pick(["1", "", "2"]);
    if (kind === 16) return prng.pick(CONFIG_NAMES);
    return prng.pick(kind === 17 ? STRANGE_NAMES : WRONG_NAMES);
  }
}

/** About how many bytes a value takes in a message; at least one. */
function weightOf(value: unknown): number {
  if (typeof value === "string" || value instanceof Uint8Array) return 2 + value.length;
  if (typeof value !== "object" || value === null) return 1;
  let weight = 1;
  for (const part of Object.values(value)) weight += weightOf(part);
  return weight;
}
