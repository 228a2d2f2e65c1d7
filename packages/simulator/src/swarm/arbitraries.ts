import fc from "fast-check";
import type { Fault, FaultAction, FaultPlan, StashRelease, Victim } from "@samsa/world";
import { anyNode, millis, restart, SWARM_TOPIC } from "./fault-draws.ts";
import { electionStorm, shortReigns, failoverStorm, rejoinStorm, staleFetches, lostAnswers, syncFails, blackout } from "./storms.ts";
import { withCompaction } from "./compaction-draws.ts";
import { withGroups } from "./group-draws.ts";
import type { WorldOptionsInput } from "../world/index.ts";
import type { GroupShape, LoadShape, OtherTopic, SimulationInput, TopicShape } from "./simulation-input.ts";

const MAX_ACTIONS = 14;

const anyVictim: fc.Arbitrary<Victim> = fc.oneof(
  { weight: 3, arbitrary: anyNode },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("leader" as const), topic: fc.constant(SWARM_TOPIC), partition: millis(0, 1) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("follower" as const), topic: fc.constant(SWARM_TOPIC), partition: millis(0, 1) }) },
  { weight: 2, arbitrary: fc.constant<Victim>({ type: "active-controller" }) },
);

/** The bound of a death that a supervisor sees as one moment. */
const slowDeath = millis(1, 40);
const release: fc.Arbitrary<StashRelease> = fc.oneof(
  millis(1, 50).map((count): StashRelease => ({ type: "after-deliveries", count })),
  fc.constant<StashRelease>({ type: "after-election" }),
  fc.constant<StashRelease>({ type: "after-registration" }),
  fc.constant<StashRelease>({ type: "after-reconnect" }),
);
const stashed = fc.constantFrom(
  "replica-fetch-request",
  "replica-fetch-response",
  "produce-request",
  "produce-response",
  "peer-message",
  "alter-partition-request",
);

/** One arbitrary for each family of faults; a run draws from those that its swarm has switched on. */
export const FAULT_FAMILIES = {
  crash: fc.oneof(
    { weight: 1, arbitrary: fc.record({ type: fc.constant("crash" as const), victim: anyVictim, restartAfterMs: restart }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant("crash" as const), victim: anyVictim, restartAfterMs: restart, diesOverMs: slowDeath }) },
  ),
  powerLoss: fc.record({ type: fc.constant("power-loss" as const), victim: anyVictim, restartAfterMs: restart }),
  powerLossInSync: fc.record({
    type: fc.constant("power-loss" as const),
    victim: anyVictim,
    restartAfterMs: millis(1, 60),
    whenSyncing: fc.constantFrom("quorum.wal", SWARM_TOPIC),
  }),
  stop: fc.record({ type: fc.constant("stop" as const), victim: anyNode, restartAfterMs: restart }),
  pause: fc.record({ type: fc.constant("pause" as const), victim: anyVictim, forMs: fc.oneof(millis(50, 2_000), millis(2_000, 6_000)) }),
  partition: fc.record({
    type: fc.constant("partition" as const),
    from: anyVictim.map((victim) => [victim]),
    isOneWay: fc.boolean(),
    forMs: millis(500, 12_000),
  }),
  reset: fc.record({ type: fc.constant("reset" as const), losesBytes: fc.boolean() }),
  resetOne: fc.record({ type: fc.constant("reset" as const), victim: anyVictim, losesBytes: fc.boolean() }),
  stash: fc.record({ type: fc.constant("stash" as const), message: stashed, count: millis(1, 3), release }),
  slow: fc.record({ type: fc.constantFrom("slow-network" as const, "slow-disk" as const), victim: anyNode, byMs: millis(1, 400), forMs: millis(500, 10_000) }),
  clock: fc.record({ type: fc.constant("clock" as const), victim: anyNode, wallMs: millis(-3_600_000, 3_600_000), driftPpm: millis(-50_000, 50_000) }),
  corrupt: fc.record({
    type: fc.constant("corrupt" as const),
    message: fc.constantFrom("produce-request" as const, "replica-fetch-response" as const),
    count: millis(1, 3),
  }),
  diskFull: fc.record({ type: fc.constant("disk-full" as const), victim: anyVictim, forMs: fc.oneof(millis(1_000, 8_000), millis(1_000, 60_000)) }),
  logDirFailure: fc.record({
    type: fc.constant("log-dir-failure" as const),
    victim: anyVictim,
    logDir: fc.constantFrom(0, 1, 1, 1),
    forMs: fc.oneof(millis(5, 2_000), millis(500, 20_000)),
  }),
  diskError: fc.record({
    type: fc.constant("disk-error" as const),
    victim: anyVictim,
    operation: fc.constantFrom("append" as const, "sync" as const),
    path: fc.constantFrom(SWARM_TOPIC, "quorum.wal"),
    error: fc.constantFrom("EIO" as const, "ENOSPC" as const),
    count: fc.constant(1),
  }),
} satisfies Record<string, fc.Arbitrary<Fault>>;

/** Several faults that belong together, from a start on. */
const STORMS = { electionStorm, shortReigns, failoverStorm, rejoinStorm, staleFetches, lostAnswers, syncFails, blackout };

export type FaultFamily = keyof typeof FAULT_FAMILIES | keyof typeof STORMS;
const families = [...Object.keys(FAULT_FAMILIES), ...Object.keys(STORMS)] as readonly FaultFamily[];

export const faultPlan = (durationMs: number, allowed: readonly FaultFamily[] = families): fc.Arbitrary<FaultPlan> =>
  fc
    .oneof({ weight: 1, arbitrary: fc.constant<FaultFamily[]>([]) }, { weight: 19, arbitrary: fc.subarray([...allowed], { minLength: 1 }) })
    .chain((enabled) =>
      enabled.length === 0
        ? fc.constant<FaultAction[][]>([])
        : fc.array(fc.oneof(...enabled.map((family) => familyActions(family, durationMs))), { maxLength: MAX_ACTIONS }),
    )
    .map((actions) => ({ actions: actions.flat().sort((a, b) => a.atMs - b.atMs) }));

const isStorm = (family: FaultFamily): family is keyof typeof STORMS => family in STORMS;

function familyActions(family: FaultFamily, durationMs: number): fc.Arbitrary<FaultAction[]> {
  const start = fc.oneof({ weight: 1, arbitrary: millis(0, 1_500) }, { weight: 9, arbitrary: millis(500, Math.max(501, durationMs - 2_000)) });
  if (isStorm(family)) return start.chain(STORMS[family]);
  return fc.record({ atMs: start, fault: FAULT_FAMILIES[family] }).map((action) => [action]);
}

/** More replicas than there are can be wanted: then all there are do (KAFKA-15583). */
const topicShape: fc.Arbitrary<TopicShape> = fc
  .record({ partitions: millis(1, 6), replicationFactor: fc.constantFrom(3, 3, 3, 2) })
  .chain((shape) => fc.constantFrom(2, 2, 2, 2, 2, 2, 1, 1, 3).map((minInsyncReplicas) => ({ ...shape, minInsyncReplicas })));

/** Enough for a cluster of which only the metadata are of interest. */
const quietLoad: fc.Arbitrary<LoadShape> = fc.constant({ acks: -1, isIdempotent: true, producers: 1, recordsPerSecond: 2, recordsPerBurst: 1, maxInFlight: 1 });

/** Some producers begin a few records below the largest sequence, or at the last epochs there are (KAFKA-7692). */
const firstIdentity: fc.Arbitrary<Pick<LoadShape, "firstProducerEpoch" | "firstSequence">> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.record({ firstSequence: millis(2 ** 31 - 60, 2 ** 31 - 1) }) },
  { weight: 1, arbitrary: fc.record({ firstProducerEpoch: millis(32_765, 32_767), firstSequence: fc.constantFrom(0, 2 ** 31 - 5) }) },
);

const loadShape: fc.Arbitrary<LoadShape> = fc
  .record({
    acks: fc.constantFrom<-1 | 1>(-1, -1, -1, -1, 1),
    isIdempotent: fc.boolean(),
    producers: millis(1, 3),
    recordsPerSecond: fc.constantFrom(2, 10, 20, 50),
    recordsPerBurst: fc.constantFrom(1, 5, 20),
    maxInFlight: fc.constantFrom(1, 5),
  })
  .map((load): LoadShape => (load.acks === -1 ? load : { ...load, isIdempotent: false }))
  .chain((load) => (load.isIdempotent ? firstIdentity.map((first) => ({ ...load, ...first })) : fc.constant(load)));

/** A topic whose settings may lose what they acknowledge, beside one whose may not. */
const lossyTopic: fc.Arbitrary<OtherTopic> = fc
  .record({
    acks: fc.constantFrom<-1 | 0 | 1>(-1, -1, 1, 0),
    partitions: millis(1, 2),
    replicationFactor: fc.constantFrom(1, 2, 3),
    isUncleanAllowed: fc.boolean(),
    recordsPerSecond: fc.constantFrom(5, 20),
  })
  .map(({ acks, partitions, replicationFactor, isUncleanAllowed, recordsPerSecond }) => ({
    name: "lossy",
    topic: { partitions, replicationFactor, minInsyncReplicas: 1, isUncleanAllowed },
    load: { acks, isIdempotent: acks === -1, producers: 1, recordsPerSecond, recordsPerBurst: 1, maxInFlight: 1 },
  }));

const worldOptions: fc.Arbitrary<WorldOptionsInput> = fc
  .record({
    latencyMinUs: fc.constantFrom(50, 100, 500, 5_000),
    latencyMeanUs: fc.constantFrom(200, 400, 2_000, 20_000),
    fragmentation: fc.constantFrom("none" as const, "none" as const, "none" as const, "random" as const),
    syncMeanUs: fc.constantFrom(500, 2_000, 20_000),
    appendMeanUs: fc.constantFrom(60, 500, 5_000),
  })
  .map(({ latencyMinUs, latencyMeanUs, fragmentation, syncMeanUs, appendMeanUs }) => ({
    network: { latencyMinUs, latencyMeanUs, fragmentation },
    disk: { syncMeanUs, appendMeanUs },
  }));

/** One entry an append lets Raft's logs differ in more ways (figure 8 needs it). */
const oneEntryAppends = { "samsa.quorum.append.max.entries": "1" };
/** A snapshot of the metadata every few entries, and hardly an entry left behind it: whoever was away needs one, in many pieces. */
const frequentSnapshots = fc.record({
  "metadata.log.max.record.bytes.between.snapshots": fc.constantFrom("200", "1000", "4000"),
  "samsa.quorum.retained.entries": fc.constantFrom("1", "1", "8"),
  "samsa.quorum.snapshot.chunk.bytes": fc.constantFrom("64", "1024", "65536"),
});
/** Partitions change their leader though nobody dies: connections live on, and what is on its way comes to one who leads no more, or does now. */
const frequentBalance = { "leader.imbalance.check.interval.seconds": "1" };
const limits: fc.Arbitrary<Readonly<Record<string, string>>> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(oneEntryAppends) },
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: frequentSnapshots },
  { weight: 2, arbitrary: fc.constant(frequentBalance) },
  {
    weight: 1,
    arbitrary: fc.record({ "log.segment.bytes": fc.constantFrom("1024", "4096", "16384"), "replica.fetch.max.bytes": fc.constantFrom("1024", "4096") }),
  },
  // Old records go while they are read, copied and lost.
  {
    weight: 1,
    arbitrary: fc.record({
      "log.segment.bytes": fc.constantFrom("1024", "4096"),
      "log.retention.bytes": fc.constantFrom("0", "2048", "8192"),
      "log.retention.check.interval.ms": fc.constantFrom("100", "1000"),
      "log.segment.delete.delay.ms": fc.constantFrom("0", "500"),
      "log.flush.start.offset.checkpoint.interval.ms": fc.constantFrom("100", "60000"),
    }),
  },
  // The failure of one of several is no end of the broker.
  { weight: 2, arbitrary: fc.record({ "log.dirs": fc.constant("data,second"), "log.segment.bytes": fc.constantFrom("1024", "1048576") }) },
);

/** Where a search looks. */
export interface SearchFocus {
  /** Faults of these families only. */
  readonly families?: readonly FaultFamily[];
  /** Hardly any load, for bugs of the metadata quorum: many more runs in the same time. */
  readonly isQuiet?: boolean;
  /** Every run has groups, which are like this. */
  readonly groups?: Partial<GroupShape>;
  /** Every run compacts. */
  readonly isCompacting?: boolean;
  /** All producers are idempotent, with acks=all. */
  readonly isIdempotent?: boolean;
  /** These limits, not drawn ones. */
  readonly limits?: Readonly<Record<string, string>>;
}

function loadOf({ isQuiet = false, isIdempotent = false }: SearchFocus): fc.Arbitrary<LoadShape> {
  if (isQuiet) return quietLoad;
  return isIdempotent ? loadShape.map((load): LoadShape => ({ ...load, acks: -1, isIdempotent })) : loadShape;
}

/** Of so many seeds one has consumers that read from leaders only. Told by the seed: one more draw would make other runs of all of them. */
const READERS_ANYWHERE = 2;

/** Of so many seeds one has an operator who deletes records, so often. Told by the seed as well. */
const OPERATORS = 5;
const DELETES_EVERY_MS = [300, 1_000, 4_000];
/** Of so many of these one has brokers that soon write down where logs start: with Kafka's minute no run is long enough to see it done. */
const STARTS_WRITTEN_SOON = 2;
const SOON_WRITTEN_STARTS = { "log.flush.start.offset.checkpoint.interval.ms": "500" };

function withClients(input: SimulationInput): SimulationInput {
  const { seed, nodes } = input;
  const readersNear = seed % READERS_ANYWHERE === 0 ? {} : { readersNear: 1 + (seed % nodes) };
  const deletesEveryMs = seed % OPERATORS === 3 ? DELETES_EVERY_MS[Math.floor(seed / OPERATORS) % DELETES_EVERY_MS.length] : undefined;
  if (deletesEveryMs === undefined) return { ...input, ...readersNear };
  const limits = Math.floor(seed / OPERATORS) % STARTS_WRITTEN_SOON === 0 ? { ...SOON_WRITTEN_STARTS, ...input.limits } : input.limits;
  return { ...input, ...readersNear, limits, deletesEveryMs };
}

/** What a seed stands for: settings of cluster, load and world, and what goes wrong when. */
export const simulationInput = (seed: number, durationMs: number, focus: SearchFocus = {}): fc.Arbitrary<SimulationInput> =>
  fc
    .record(
      {
        seed: fc.constant(seed),
        nodes: fc.constantFrom(3, 3, 3, 3, 3, 3, 3, 5),
        durationMs: fc.constant(durationMs),
        topic: topicShape,
        load: loadOf(focus),
        others: fc.oneof({ weight: 3, arbitrary: fc.constant<OtherTopic[]>([]) }, { weight: 1, arbitrary: lossyTopic.map((topic) => [topic]) }),
        world: worldOptions,
        limits: focus.limits === undefined ? limits : fc.constant(focus.limits),
        plan: faultPlan(durationMs, focus.families),
        lastDeath: fc.record({ diesOverMs: slowDeath }),
        controllers: fc.constantFrom(0, 0, 3),
      },
      { requiredKeys: ["seed", "nodes", "durationMs", "topic", "load", "world", "limits", "plan"] },
    )
    .map((input) => (focus.isQuiet === true ? withClients(input) : withCompaction(withGroups(withClients(input), focus.groups), focus.isCompacting)));

/** The input of one seed, always the same one. */
export function inputOfSeed(seed: number, durationMs: number): SimulationInput {
  const [input] = fc.sample(simulationInput(seed, durationMs), { seed, numRuns: 1 });
  if (input === undefined) throw new RangeError("fast-check gave no sample");
  return input;
}
