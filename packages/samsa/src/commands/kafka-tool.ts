import { installNativeCode } from "@samsa/embedded/native-code";
import { TOOLS } from "@samsa/tools";
import { collectUnderPressure, countBuffersAsHeap } from "@samsa/world-node";
import { StandardOutput } from "../standard-output.ts";
import { UsageError } from "../usage-error.ts";

/** One of Kafka's tools, on this process's own streams. */
export async function runKafkaTool(name: string, args: readonly string[]): Promise<number> {
  if (name === "kafka-server-start") return (await import("./kafka-server.ts")).startServer(args);
  if (name === "kafka-server-stop") return (await import("./kafka-server.ts")).stopServers(args);
  const load = TOOLS.get(name);
  if (load === undefined)
    throw new UsageError(`there is no command ${JSON.stringify(name)}; there is kafka-server-start, kafka-server-stop, ${[...TOOLS.keys()].join(", ")}`);
  const tool = await load();
  installNativeCode();
  // Millions of records pass by: what they leave behind is not to pile up.
  countBuffersAsHeap();
  collectUnderPressure();
  let stop: AbortSignal | undefined;
  const stdout = new StandardOutput(process.stdout);
  const code = await tool(args, {
    stdin: process.stdin,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    write: (bytes) => stdout.write(bytes),
    isTerminal: process.stdin.isTTY === true && process.stdout.isTTY === true,
    get stop() {
      stop ??= abortedBySignals();
      return stop;
    },
  });
  // Who was interrupted may wait for more input still.
  process.stdin.destroy();
  return code;
}

function abortedBySignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort(signal));
  return controller.signal;
}
