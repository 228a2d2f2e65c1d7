import { UsageError } from "./usage-error.ts";

const HELP = `Samsa: a Kafka cluster that you can break.

  samsa scenario leader-failover                       three broker processes, the leader killed under load, a verdict
  samsa scenario leader-failover --world sim --seed 7  the same in the simulated world
  samsa broker --config server.properties              one node in the foreground
  samsa sim --seeds 500                                five hundred simulated minutes with faults
  samsa sim --seed 42                                  one of them, told as a story if it fails
  samsa quorum --config server.properties              who leads the metadata quorum, and how far the others are
  samsa inject --control HOST:PORT --node ID JSON      a fault, into a node started with --enable-faults

  samsa kafka-topics --bootstrap-server HOST:PORT      Kafka's command-line tools (bin/kafka-*.sh)

  samsa COMMAND --help                                 all options of a command
`;

type Command = (args: readonly string[]) => Promise<number>;

/** Loaded when they are asked for: a broker starts without the simulator and without foreign clients. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["broker", async () => (await import("./commands/broker.ts")).runBroker],
  ["inject", async () => (await import("./commands/inject.ts")).runInject],
  ["quorum", async () => (await import("./commands/quorum.ts")).runQuorum],
  ["scenario", async () => (await import("./commands/scenario.ts")).runScenario],
  ["sim", async () => (await import("./commands/sim.ts")).runSim],
]);

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  if (name.startsWith("kafka-")) return (await import("./commands/kafka-tool.ts")).runKafkaTool(name, rest);
  const load = COMMANDS.get(name);
  if (load === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}; samsa --help shows what there is`);
  const command = await load();
  return command(rest);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`samsa: ${error instanceof UsageError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
