/** Keys of Apache Kafka that nothing here goes by, and why that breaks no promise. The first pattern that fits counts. */
const WITHOUT_EFFECT: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^zookeeper\./, "there is no ZooKeeper: the controllers are the quorum (controller.quorum.voters)"],
  [/threads?(?:\.per\.data\.dir)?$|\.thread\.pool\.size$/, "one event loop does the work of all threads"],
  [/^socket\.(?:send|receive)\.buffer\.bytes$|^replica\.socket\.|^socket\.(?:listen|connection)\.|^controller\.socket\./, "the system's own values are used"],
  [
    /^(?:ssl|sasl)\.|^delegation\.token\.|^principal\.builder|^connections\.max\.reauth|^connection\.failed\.auth|^security\.providers$/,
    "only PLAINTEXT is spoken",
  ],
  [/^super\.users$|^allow\.everyone/, "there are no ACLs"],
  [/^remote\.|^log\.local\.|^follower\.fetch\.last\.tiered/, "there is no tiered storage"],
  [/^transaction|^add\.partitions\.to\.txn/, "there are no transactions yet"],
  [/^group\.share\.|^share\./, "there are no share groups yet"],
  [/^group\.streams\./, "there are no streams groups yet"],
  [/quota\.window\./, "there are no quotas yet"],
  [/^metrics?\.|^kafka\.metrics\.|^auto\.include\.jmx\.reporter$|^telemetry\./, "there are no metrics reporters"],
  [/\.purgatory\.purge\./, "what has been answered is forgotten at once"],
  [/^metadata\.(?:log|max)\./, "the metadata log has segments and snapshots of its own"],
  [/^controller\.quorum\./, "the quorum has times of its own"],
];

/** The rest of them. */
const OTHERS: ReadonlySet<string> = new Set(
  (
    "controlled.shutdown.enable controller.performance.always.log.threshold.ms controller.performance.sample.period.ms early.start.listeners " +
    "group.consumer.max.assignment.interval.ms group.consumer.min.assignment.interval.ms group.consumer.regex.refresh.interval.ms " +
    "group.coordinator.append.linger.ms group.coordinator.cached.buffer.max.bytes group.coordinator.rebalance.protocols " +
    "initial.broker.registration.timeout.ms log.cleaner.io.buffer.size log.dir.failure.timeout.ms log.flush.scheduler.interval.ms " +
    "log.initial.task.delay.ms log.preallocate max.connection.creation.rate offsets.load.buffer.size offsets.topic.compression.codec " +
    "producer.id.expiration.check.interval.ms queued.max.requests replica.fetch.min.bytes request.timeout.ms server.max.startup.time.ms " +
    "unclean.leader.election.interval.ms unstable.api.versions.enable unstable.feature.versions.enable"
  ).split(" "),
);

/** Keys that promise what would not be kept, the value that asks for nothing, and what is missing. */
const PROMISES: ReadonlyMap<string, readonly [harmless: string, missing: string]> = new Map([
  ["authorizer.class.name", ["", "there are no ACLs yet, and everybody would be let in"]],
  ["create.topic.policy.class.name", ["", "no policy would be asked"]],
  ["alter.config.policy.class.name", ["", "no policy would be asked"]],
  ["client.quota.callback.class", ["", "there are no quotas yet"]],
  ["config.providers", ["", "values are taken as they stand, and nobody would look up what they refer to"]],
  ["cordoned.log.dirs", ["", "every log directory takes new partitions"]],
  ["remote.log.storage.system.enable", ["false", "there is no tiered storage"]],
  ["security.inter.broker.protocol", ["PLAINTEXT", "only PLAINTEXT is spoken"]],
]);

/** Why a node can't be started with this value of a key that nothing goes by; undefined: it can. */
export function refusalOf(name: string, value: string): string | undefined {
  const promise = PROMISES.get(name);
  if (promise === undefined || value.trim() === promise[0]) return undefined;
  return `is ${JSON.stringify(value)}, which is not supported: ${promise[1]}`;
}

/** What to say of a key that no node reads. Undefined: nothing, for it asks for what is so anyway. */
export function warningOf(name: string, known: Iterable<string>): string | undefined {
  if (PROMISES.has(name)) return undefined;
  const why = WITHOUT_EFFECT.find(([pattern]) => pattern.test(name))?.[1];
  if (why !== undefined) return `has no effect: ${why}`;
  if (OTHERS.has(name)) return "has no effect: nothing here corresponds to it";
  const meant = closest(name, known);
  return `is a key of neither Apache Kafka nor Samsa, and has no effect${meant === undefined ? "" : `; is ${meant} meant?`}`;
}

const TYPING_ERRORS_MAX = 2;

function closest(name: string, known: Iterable<string>): string | undefined {
  let best: { readonly key: string; readonly distance: number } | undefined;
  for (const key of known) {
    const distance = distanceOf(name, key);
    if (distance <= TYPING_ERRORS_MAX && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) best = { key, distance };
  }
  return best?.key;
}

/** How many characters have to be added, removed or changed (Levenshtein). */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}
