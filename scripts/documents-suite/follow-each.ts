import { spawn } from "node:child_process";
import { once } from "node:events";
import { readTally, type Tally } from "../tally.ts";

/** Most of what a document does is to wait. */
const AT_ONCE = 3;

/** Follows each document by a run of the suite's own, in a network of its own, several at once, and prints what each of them said when it is over. */
export async function followEach(names: readonly string[], network: readonly string[], signal: AbortSignal): Promise<readonly Tally[]> {
  const left = [...names];
  const tallies: Tally[] = [];
  const take = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined && !signal.aborted; name = left.shift()) tallies.push(await follow(name, network, signal));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
  return tallies;
}

async function follow(name: string, network: readonly string[], signal: AbortSignal): Promise<Tally> {
  const [program = "", ...args] = [...network, process.execPath, process.argv[1] ?? "", "--here", name];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  // It ends what the document has started, and then itself.
  const interrupt = (): boolean => child.kill("SIGTERM");
  signal.addEventListener("abort", interrupt);
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  await once(child, "close");
  signal.removeEventListener("abort", interrupt);
  const tally = readTally(said);
  process.stdout.write(said.replace(/\d+ passed, \d+ failed, \d+ skipped\n$/, ""));
  if (tally !== undefined) return tally;
  process.stdout.write(`FAILED   ${name}: the run that was to follow it ended without a tally\n`);
  return { passed: 0, failed: 1, skipped: 0 };
}
