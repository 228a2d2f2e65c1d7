import { Prng } from "@samsa/stdx";
import type { FaultAction, Victim } from "@samsa/world";
import { SWARM_CLIENTS } from "./fault-draws.ts";
import type { GroupShape, SimulationInput } from "./simulation-input.ts";

/** Of so many seeds one has groups. */
const SEEDS_WITH_GROUPS = 3;
/** Where groups are kept, in so many partitions. */
export const OFFSETS_TOPIC = "__consumer_offsets";
export const OFFSETS_PARTITIONS = 2;
const COORDINATOR_FAULTS_MAX = 4;
/** Of so many runs with groups one has its clients cut off. */
const RUNS_WITH_CUT_CLIENTS = 4;
const STRATEGIES = ["range", "roundrobin", "cooperative-sticky"] as const;
/** Of so many runs with groups one ends with idle ones. */
const GROUPS_THAT_IDLE = 8;
const OFFSETS_EXPIRE_SOON = { "offsets.retention.minutes": "1", "offsets.retention.check.interval.ms": "1000" };
const IDLE_MS = 75_000;
/** By then the groups are there. */
const FIRST_FAULT_MS = 2_000;

/**
 * Groups that read the swarm's own topic, and faults that strike their coordinators. They come from a stream of their own, and are put beside what was
 * drawn: a run without them is what it was before there were any. `wanted`: there are some, and so far they are like this.
 */
export function withGroups(input: SimulationInput, wanted?: Partial<GroupShape>): SimulationInput {
  const prng = new Prng(input.seed).fork("groups");
  if (prng.below(SEEDS_WITH_GROUPS) !== 0 && wanted === undefined) return input;
  const shapes = Array.from({ length: prng.between(1, 2) }, () => ({ ...groupShape(prng), ...wanted }));
  const read = withReadingHabits(withSecondStrategies(shapes, new Prng(input.seed).fork("second strategies")), new Prng(input.seed).fork("reading habits"));
  const groups = withPositions(read, new Prng(input.seed).fork("positions"));
  const strikes = Array.from({ length: prng.below(COORDINATOR_FAULTS_MAX + 1) }, () => strikeOf(prng, input.durationMs));
  const actions = [...input.plan.actions, ...strikes, ...cutsOf(input)].sort((a, b) => a.atMs - b.atMs);
  return withIdleness({ ...input, groups, plan: { ...input.plan, actions } });
}

/**
 * In some runs offsets expire after Kafka's least time, and in the end the members stay longer than that without a record: of a group that has members
 * nothing expires. By a wall clock that jumps any group could have been empty for long enough.
 */
function withIdleness(input: SimulationInput): SimulationInput {
  const { groups = [], plan } = input;
  const isDrawn = new Prng(input.seed).fork("idle groups").below(GROUPS_THAT_IDLE) === 0;
  if (!isDrawn && groups.every(({ idleMs }) => idleMs === undefined)) return input;
  const actions = plan.actions.filter(({ fault }) => fault.type !== "clock");
  return {
    ...input,
    groups: groups.map((group) => ({ idleMs: IDLE_MS, ...group })),
    limits: { ...input.limits, ...OFFSETS_EXPIRE_SOON },
    plan: { ...plan, actions },
  };
}

/** A session may be longer than what the group waits for a member in a rebalance: then a static one belongs to generations that it has not joined. */
function groupShape(prng: Prng): GroupShape {
  const shape: GroupShape = {
    members: prng.between(1, 3),
    strategy: prng.pick(STRATEGIES),
    isStatic: prng.below(3) === 0,
    commitEveryMs: prng.pick([50, 300, 1_000]),
    sessionTimeoutMs: prng.pick([2_000, 3_000, 8_000]),
    maxPollIntervalMs: prng.pick([3_000, 6_000]),
  };
  const stays = prng.below(4) === 0;
  const churnEveryMs = prng.pick([1_500, 3_000, 8_000]);
  return stays ? shape : { ...shape, churnEveryMs };
}

/** Half of a group's members may prefer another assignor: then the one counts that most of them prefer of those that all have. */
function withSecondStrategies(shapes: readonly GroupShape[], prng: Prng): readonly GroupShape[] {
  return shapes.map((shape) => {
    const secondStrategy = prng.pick(STRATEGIES);
    return prng.below(3) === 0 && secondStrategy !== shape.strategy ? { ...shape, secondStrategy } : shape;
  });
}

/** Some members are given a record or a few at a time, and some stop reading a partition now and then. */
function withReadingHabits(shapes: readonly GroupShape[], prng: Prng): readonly GroupShape[] {
  return shapes.map((shape) => {
    const maxPollRecords = prng.pick([1, 3, 10]);
    const pauseEveryMs = prng.pick([200, 1_000, 3_000]);
    const few = prng.below(3) === 0 ? { maxPollRecords } : {};
    return prng.below(3) === 0 ? { ...few, pauseEveryMs, ...shape } : { ...few, ...shape };
  });
}

/** In some groups consumers commit their positions by themselves, and in some members go back now and then. */
function withPositions(shapes: readonly GroupShape[], prng: Prng): readonly GroupShape[] {
  return shapes.map((shape) => {
    const seekEveryMs = prng.pick([300, 1_000, 4_000]);
    const automatic = prng.below(3) === 0 ? { isAutoCommitting: true } : {};
    return prng.below(4) === 0 ? { ...automatic, seekEveryMs, ...shape } : { ...automatic, ...shape };
  });
}

/** In some runs all members lose sight of the coordinators: they are taken out of their groups, and go on for as long as they have not heard. */
function cutsOf({ seed, durationMs }: SimulationInput): readonly FaultAction[] {
  const prng = new Prng(seed).fork("cut clients");
  if (prng.below(RUNS_WITH_CUT_CLIENTS) !== 0) return [];
  return Array.from({ length: prng.between(1, 2) }, (): FaultAction => {
    const atMs = prng.between(FIRST_FAULT_MS, Math.max(FIRST_FAULT_MS, durationMs - 2_000));
    return { atMs, fault: { type: "partition", from: [{ type: "node", id: SWARM_CLIENTS }], isOneWay: prng.below(2) === 0, forMs: prng.between(500, 8_000) } };
  });
}

function strikeOf(prng: Prng, durationMs: number): FaultAction {
  const atMs = prng.between(FIRST_FAULT_MS, Math.max(FIRST_FAULT_MS, durationMs - 2_000));
  const victim: Victim = { type: "leader", topic: OFFSETS_TOPIC, partition: prng.below(OFFSETS_PARTITIONS) };
  switch (prng.below(4)) {
    case 0:
      return { atMs, fault: { type: "pause", victim, forMs: prng.between(200, 8_000) } };
    case 1:
      return { atMs, fault: { type: "partition", from: [victim], isOneWay: prng.below(2) === 0, forMs: prng.between(500, 8_000) } };
    default:
      return { atMs, fault: { type: "crash", victim, restartAfterMs: prng.between(50, 6_000) } };
  }
}
