import type { ConsumerGroupMemberMetadataValue, ConsumerGroupRegularExpressionValue } from "@samsa/protocol/group-records";
import type { PersistentMap } from "@samsa/stdx";

type Metadata = Pick<ConsumerGroupMemberMetadataValue, "subscribedTopicNames" | "subscribedTopicRegex">;
type Resolved = PersistentMap<ConsumerGroupRegularExpressionValue>;

/** What a group's members want, counted, so that nobody goes through all members when one of them changes. */
export interface SubscriptionCounts {
  /** By expression: how many members have it. */
  readonly regexMembers: PersistentMap<number>;
  /** By name of a topic: how many members name it, and how many expressions of members match it. */
  readonly topicSubscribers: PersistentMap<number>;
}

/** The empty string, too, is no expression: clients that once had one send it. */
export const regexOf = ({ subscribedTopicRegex }: Metadata): string | undefined =>
  subscribedTopicRegex === null || subscribedTopicRegex === "" ? undefined : subscribedTopicRegex;

/** A member wants something else, has come, or has gone. */
export function memberCounted(
  { regexMembers, topicSubscribers }: SubscriptionCounts,
  regexes: Resolved,
  before: Metadata | undefined,
  after: Metadata | undefined,
): SubscriptionCounts {
  const topics = new Changes();
  if (before?.subscribedTopicNames !== after?.subscribedTopicNames) {
    topics.add(before?.subscribedTopicNames ?? [], -1);
    topics.add(after?.subscribedTopicNames ?? [], 1);
  }
  const expressions = new Changes();
  for (const [metadata, by] of [[before, -1] as const, [after, 1] as const]) {
    const regex = metadata === undefined ? undefined : regexOf(metadata);
    if (regex !== undefined) expressions.add([regex], by);
  }
  const counted = expressions.appliedTo(regexMembers);
  for (const regex of expressions.keys()) {
    const matched = regexes.get(regex)?.topics ?? [];
    if (regexMembers.get(regex) !== undefined) topics.add(matched, -1);
    if (counted.get(regex) !== undefined) topics.add(matched, 1);
  }
  return { regexMembers: counted, topicSubscribers: topics.appliedTo(topicSubscribers) };
}

/** An expression matches other topics now; one that no member has counts for nothing. */
export function regexCounted(
  { regexMembers, topicSubscribers }: SubscriptionCounts,
  regex: string,
  before: readonly string[],
  after: readonly string[],
): SubscriptionCounts {
  if (regexMembers.get(regex) === undefined) return { regexMembers, topicSubscribers };
  const topics = new Changes();
  topics.add(before, -1);
  topics.add(after, 1);
  return { regexMembers, topicSubscribers: topics.appliedTo(topicSubscribers) };
}

class Changes {
  private readonly byKey = new Map<string, number>();

  add(keys: readonly string[], by: number): void {
    for (const key of keys) this.byKey.set(key, (this.byKey.get(key) ?? 0) + by);
  }

  keys(): Iterable<string> {
    return this.byKey.keys();
  }

  appliedTo(counts: PersistentMap<number>): PersistentMap<number> {
    const after = new Map<string, number | undefined>();
    for (const [key, by] of this.byKey) {
      if (by === 0) continue;
      const count = (counts.get(key) ?? 0) + by;
      after.set(key, count === 0 ? undefined : count);
    }
    return counts.with(after);
  }
}
