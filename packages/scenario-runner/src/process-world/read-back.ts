import type { History } from "@samsa/history";
import { ReadBackMachine } from "@samsa/workload";
import type { Scenario } from "../scenario.ts";
import { runMachine } from "@samsa/world-node";

/** The end of each partition has to stand still for so long: nobody writes any more. */
const SETTLE_MS = 300;
const TIMEOUT_MS = 30_000;
/** Names the clients of the reader; the values are named by the history. */
const RUN_ID = "read-back";

/** The final read, by our own client over real sockets. */
export async function readBack(
  history: History,
  { bootstrap, topic }: { readonly bootstrap: readonly string[]; readonly topic: Scenario["topic"] },
): Promise<void> {
  const endpoints = bootstrap.map((text) => {
    const at = text.lastIndexOf(":");
    return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
  });
  await runMachine(
    ({ seed }) =>
      new ReadBackMachine(history, {
        runId: RUN_ID,
        seed,
        bootstrap: endpoints,
        topic: { name: topic.name, partitions: topic.partitions, replicationFactor: topic.replicationFactor, configs: {} },
        settleMs: SETTLE_MS,
        finalReadTimeoutMs: TIMEOUT_MS,
      }),
  );
}
