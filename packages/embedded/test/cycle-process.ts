/**
 * Starts a cluster, uses it and ends it, so many times; then says in one line of JSON what that has left. A process of its own: other tests' memory and
 * handles are not in it. Node is to be started with `--expose-gc`.
 */
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { Cluster } from "../src/index.ts";

const cycles = Number(process.argv[2]);
const heaps: number[] = [];
const handlesBefore = process.getActiveResourcesInfo();

for (let cycle = 0; cycle < cycles; cycle++) {
  await using cluster = await Cluster.start({ brokers: 3 });
  await cluster.createTopic("orders");
  if (cycle % 5 === 4) await cluster.kill(cluster.leaderOf("orders"));
  await cluster.dispose();
  globalThis.gc?.();
  heaps.push(process.memoryUsage().heapUsed);
}

console.log(
  JSON.stringify({
    heaps,
    handles: process.getActiveResourcesInfo().filter((handle) => !handlesBefore.includes(handle)),
    signals: process.eventNames().filter((name) => typeof name === "string" && name.startsWith("SIG")),
    directories: readdirSync(tmpdir()).filter((name) => name.startsWith("samsa-embedded-")),
  }),
);
