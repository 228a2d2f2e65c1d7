import { TOOLS } from "@samsa/tools";
import { UsageError } from "../usage-error.ts";

/** One of Kafka's tools, on this process's own streams. */
export async function runKafkaTool(name: string, args: readonly string[]): Promise<number> {
  const load = TOOLS.get(name);
  if (load === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}; there is ${[...TOOLS.keys()].join(", ")}`);
  const tool = await load();
  let stop: AbortSignal | undefined;
  return tool(args, {
    stdin: process.stdin,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    get stop() {
      stop ??= abortedBySignals();
      return stop;
    },
  });
}

function abortedBySignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort(signal));
  return controller.signal;
}
