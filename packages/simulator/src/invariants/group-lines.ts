import { encodeGroupRecord, type GroupRecord, type GroupsState } from "@samsa/coordinators";
import { PersistentMap, toHex } from "@samsa/stdx";

/** One line a fact of what a log says of its groups, so that two states can be compared, and a difference be told. Classic groups and offsets as they would be written. */
export function linesOf({ classic, consumer, offsets }: GroupsState): ReadonlySet<string> {
  const lines = new Set<string>();
  const add = (name: string, record: GroupRecord): void => {
    const { key, value } = encodeGroupRecord(record);
    lines.add(`${name} ${toHex(key ?? NOTHING)}=${toHex(value ?? NOTHING)}`);
  };
  for (const [group, value] of classic.entries()) add(`group ${group} of generation ${value.generation}`, { name: "GroupMetadata", key: { group }, value });
  for (const [group, committed] of offsets.entries())
    for (const value of committed.values()) {
      const { topic, partition } = value;
      add(`offset ${value.offset} of ${group} for ${topic}-${partition}`, { name: "OffsetCommit", key: { group, topic, partition }, value });
    }
  for (const [group, state] of consumer.entries())
    for (const [field, value] of Object.entries(state)) for (const line of linesOfField(field, value)) lines.add(`consumer group ${group}: ${line}`);
  return lines;
}

const NOTHING = new Uint8Array(0);

function linesOfField(field: string, value: unknown): readonly string[] {
  if (value instanceof PersistentMap) return Array.from(value.entries(), ([key, entry]) => `${field} of ${key} ${textOf(entry)}`);
  return [`${field} ${textOf(value)}`];
}

/** Equal for equal plain data, in whatever order maps and objects were made. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return `[${value.map(textOf).join(", ")}]`;
  if (value instanceof Map) return pairsText([...value].map(([key, entry]) => [String(key), entry]));
  if (typeof value === "object" && value !== null) return pairsText(Object.entries(value));
  return String(value);
}

const pairsText = (pairs: readonly (readonly [string, unknown])[]): string =>
  `{${pairs
    .map(([key, entry]) => `${key}: ${textOf(entry)}`)
    .sort()
    .join(", ")}}`;
