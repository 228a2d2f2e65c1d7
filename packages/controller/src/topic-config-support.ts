interface Unsupported {
  /** Values that ask for what Samsa does anyway. */
  readonly done: readonly string[];
  /** For where every other value is refused: what to do. Absent: it is taken, and changes nothing. */
  readonly instead?: string;
}

const WITHOUT_EFFECT: Unsupported = { done: [] };

/**
 * Topic configs that Samsa does not honour yet. Refused is what would break a promise, or show in what clients read; taken
 * is what at most keeps records for longer, or files in another shape, than was asked for: clients and tools set it as a matter
 * of course.
 */
const UNSUPPORTED: ReadonlyMap<string, Unsupported> = new Map<string, Unsupported>([
  ["remote.storage.enable", { done: ["false"], instead: "all records stay on the brokers; leave it at false" }],
  ["preallocate", { done: ["false"] }],
  ["follower.replication.throttled.replicas", WITHOUT_EFFECT],
  ["leader.replication.throttled.replicas", WITHOUT_EFFECT],
  ["local.retention.bytes", WITHOUT_EFFECT],
  ["local.retention.ms", WITHOUT_EFFECT],
  ["remote.log.copy.disable", WITHOUT_EFFECT],
  ["remote.log.delete.on.disable", WITHOUT_EFFECT],
]);

const asksForMore = ({ done }: Unsupported, value: string): boolean => !done.includes(value.trim().toLowerCase());

/** What a valid value asks for that Samsa must not take on, and what to do instead; undefined if nothing. */
export function unsupportedTopicConfig(name: string, value: string): string | undefined {
  const unsupported = UNSUPPORTED.get(name);
  return unsupported?.instead !== undefined && asksForMore(unsupported, value) ? `Samsa does not support it yet: ${unsupported.instead}` : undefined;
}

/**
 * The names of those of a topic's configs that change nothing yet, for the operator to be told. What is refused today is among
 * them: a topic may be older than the refusal.
 */
export function topicConfigsWithoutEffect(configs: ReadonlyMap<string, string>): readonly string[] {
  const names: string[] = [];
  for (const [name, value] of configs) {
    const unsupported = UNSUPPORTED.get(name);
    if (unsupported !== undefined && asksForMore(unsupported, value)) names.push(name);
  }
  return names;
}
