import { runBroker } from "./commands/broker.ts";
import { runInject } from "./commands/inject.ts";
import { runScenario } from "./commands/scenario.ts";
import { runSim } from "./commands/sim.ts";
import { UsageError } from "./usage-error.ts";

const HELP = `Samsa: a Kafka cluster that you can break.

  samsa scenario leader-failover                       three broker processes, the leader killed under load, a verdict
  samsa scenario leader-failover --world sim --seed 7  the same in the simulated world
  samsa broker --config server.properties              one node in the foreground
  samsa sim --seeds 500                                five hundred simulated minutes with faults
  samsa sim --seed 42                                  one of them, told as a story if it fails
  samsa inject --control HOST:PORT --node ID JSON      a fault, into a node started with --enable-faults

  samsa COMMAND --help                                 all options of a command
`;

const COMMANDS: ReadonlyMap<string, (args: readonly string[]) => Promise<number>> = new Map([
  ["broker", runBroker],
  ["inject", runInject],
  ["scenario", runScenario],
  ["sim", runSim],
]);

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS.get(name);
  if (command === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}; samsa --help shows what there is`);
  return command(rest);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`samsa: ${error instanceof UsageError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
