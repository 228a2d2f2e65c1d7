import { Unavailable } from "./unavailable.ts";
import { UsageError } from "./usage-error.ts";

const HELP = `Samsa: a Kafka cluster that you can break.

  samsa up                                             three brokers on 9092, 9093, 9094, until Ctrl-C
  samsa status                                         how each of them is
  samsa watch                                          the cluster live: leaders, ISR, log ends, groups, what changed
  samsa kill|stop|start|pause|resume ID                also leader:orders-0, controller, coordinator:GROUP
  samsa partition 1 2,3                                nothing passes between them any more; samsa heal ends it
  samsa down                                           stops them; their data stay

  samsa demo                                           three broker processes, the leader killed under load, a verdict
  samsa scenario list                                  what else can be broken
  samsa scenario run leader-failover --seed 7          one of them, here in the simulated world
  samsa broker --config server.properties              one node in the foreground
  samsa sim --seeds 500                                five hundred simulated minutes with faults
  samsa sim --seed 42                                  one of them, told as a story if it fails
  samsa quorum --config server.properties              who leads the metadata quorum, and how far the others are
  samsa inject --control HOST:PORT --node ID JSON      a fault, into a node started with --enable-faults

  samsa kafka-topics --bootstrap-server HOST:PORT      Kafka's command-line tools (bin/kafka-*.sh)

  samsa COMMAND --help                                 all options of a command
  samsa --version
`;

const UNAVAILABLE = 69;

type Command = (args: readonly string[]) => Promise<number>;

/** Loaded when they are asked for: a broker starts without the simulator and without foreign clients. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["heal", async () => (await import("./commands/partition.ts")).runHeal],
  ["kill", async () => (await import("./commands/signal-nodes.ts")).runKill],
  ["partition", async () => (await import("./commands/partition.ts")).runPartition],
  ["pause", async () => (await import("./commands/signal-nodes.ts")).runPause],
  ["resume", async () => (await import("./commands/signal-nodes.ts")).runResume],
  ["start", async () => (await import("./commands/start.ts")).runStart],
  ["stop", async () => (await import("./commands/signal-nodes.ts")).runStop],
  ["demo", async () => (await import("./commands/scenario.ts")).runDemo],
  ["down", async () => (await import("./commands/down.ts")).runDown],
  ["status", async () => (await import("./commands/status.ts")).runStatus],
  ["up", async () => (await import("./commands/up.ts")).runUp],
  ["watch", async () => (await import("./commands/watch.ts")).runWatch],
  ["broker", async () => (await import("./commands/broker.ts")).runBroker],
  ["inject", async () => (await import("./commands/inject.ts")).runInject],
  ["quorum", async () => (await import("./commands/quorum.ts")).runQuorum],
  ["scenario", async () => (await import("./commands/scenario.ts")).runScenarioCommand],
  ["sim", async () => (await import("./commands/sim.ts")).runSim],
]);

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  if (name === "--version" || name === "-V" || name === "version") {
    process.stdout.write(`samsa ${process.env.SAMSA_VERSION}\n`);
    return 0;
  }
  if (name.startsWith("kafka-")) return (await import("./commands/kafka-tool.ts")).runKafkaTool(name, rest);
  const load = COMMANDS.get(name);
  if (load === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}; samsa --help shows what there is`);
  const command = await load();
  return command(rest);
}

// Who reads no more what is said here ends nothing: nodes are still to be stopped, and offsets to be committed.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isExpected = error instanceof UsageError || error instanceof Unavailable;
  process.stderr.write(`samsa: ${isExpected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : error instanceof Unavailable ? UNAVAILABLE : 1;
}
