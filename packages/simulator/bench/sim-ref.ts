import {
  type ClusterShape,
  combined,
  type GroupShape,
  inputOfSeed,
  isClean,
  runSimulation,
  SimulatedCluster,
  SimulatedWorld,
  type SimulationInput,
  Watcher,
} from "../src/index.ts";

/**
 * The reference plan `sim-ref`: three brokers and three controllers, six partitions, 200 records/s in batches of 20, a group of two members, the default
 * fault swarm, whole frames, every invariant after every turn. Figures are per second of processor time, the engine's own
 * threads included (it compiles and collects garbage on them): a busy machine does not count, though it slows a processor down.
 *
 *     node bench/sim-ref.ts [seeds] [simulated ms of faults] [--combined] [--spread]
 *
 * `--combined`: three combined nodes and no group, the plan as it was before there were either (`sim-ref-1`).
 * `--spread`: each record of a burst goes to a partition of its own, as in the swarm, so that there are six batches where the
 * plan has one.
 */
const args = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const SEEDS = Number(args[0] ?? 30);
const DURATION_MS = Number(args[1] ?? 60_000);
const isCombined = process.argv.includes("--combined");
const isSpread = process.argv.includes("--spread");
/** Seeds run before the clock does, so that the figure is the compiled code's: after these it no longer rises. */
const WARM_UP_SEEDS = 20;
const IDLE_MS = 60_000;
const SETTLE_MS = 10_000;
const MESSAGES_PER_SECOND_AIM = 100_000;

interface Total {
  cpuMs: number;
  simulatedMs: number;
  messages: number;
  bad: number;
}

const GROUP: GroupShape = {
  members: 2,
  strategy: "cooperative-sticky",
  isStatic: false,
  commitEveryMs: 1_000,
  sessionTimeoutMs: 6_000,
  maxPollIntervalMs: 6_000,
};
const SHAPE: ClusterShape = isCombined ? combined(3) : { brokers: 3, controllers: 3 };

/** The swarm draws world, limits and plan; cluster, topic, load and group are the reference's, and a frame counts once, for it travels whole. */
function inputOf(seed: number): SimulationInput {
  const { durationMs, world, limits, plan } = inputOfSeed(seed, DURATION_MS);
  return {
    seed,
    durationMs,
    limits,
    plan,
    nodes: SHAPE.brokers,
    ...(isCombined ? {} : { controllers: SHAPE.controllers, groups: [GROUP] }),
    world: { ...world, network: { ...world.network, fragmentation: "none" } },
    topic: { partitions: 6, replicationFactor: 3, minInsyncReplicas: 2 },
    load: {
      acks: -1,
      isIdempotent: true,
      producers: 1,
      recordsPerSecond: 200,
      recordsPerBurst: 20,
      isBurstToOnePartition: !isSpread,
      maxInFlight: 5,
    },
  };
}

function cpuMs(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

function measure(seeds: { readonly from: number; readonly to: number }): Total {
  const total: Total = { cpuMs: 0, simulatedMs: 0, messages: 0, bad: 0 };
  for (let seed = seeds.from; seed < seeds.to; seed++) {
    const input = inputOf(seed);
    const start = process.cpuUsage();
    const result = runSimulation(input);
    total.cpuMs += cpuMs(start);
    total.simulatedMs += result.simulatedMs;
    total.messages += result.counters.deliveredMessages;
    if (isClean(result)) continue;
    total.bad++;
    console.log(`seed ${seed}: ${result.violations[0]?.invariant}: ${result.violations[0]?.detail}`);
  }
  return total;
}

/** Messages per simulated second of a cluster that has settled and that nobody uses. */
function idleMessagesPerSecond(): number {
  const world = new SimulatedWorld({ seed: 1 });
  const cluster = new SimulatedCluster(world, { shape: SHAPE, properties: new Map() }, new Watcher(SHAPE, () => undefined));
  cluster.startAll();
  world.runFor(SETTLE_MS * 1000);
  const before = world.counters.deliveredMessages;
  world.runFor(IDLE_MS * 1000);
  return ((world.counters.deliveredMessages - before) * 1000) / IDLE_MS;
}

measure({ from: 1, to: 1 + WARM_UP_SEEDS });
const { cpuMs: busyMs, simulatedMs, messages, bad } = measure({ from: 1, to: 1 + SEEDS });
const perSecond = (messages * 1000) / busyMs;
console.log(`${Math.round(perSecond)} delivered messages/s on one core (aim ${MESSAGES_PER_SECOND_AIM}), ${((1000 * busyMs) / messages).toFixed(1)} µs each`);
console.log(`${((messages * 1000) / simulatedMs).toFixed(0)} messages per simulated second, ${idleMessagesPerSecond().toFixed(1)} with no topic and no client`);
console.log(
  `${(simulatedMs / busyMs).toFixed(0)} simulated seconds per second; ${SEEDS} seeds of ${DURATION_MS / 1000} s in ${(busyMs / 1000).toFixed(1)} s of processor time, ${bad} bad`,
);
