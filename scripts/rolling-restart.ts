/**
 * Restarts every node with SIGTERM, one after the other, while kafkajs and librdkafka (kcat) produce with acks=all and the retries that they
 * have by default. No produce may fail, and afterwards every record must be there; the idempotent producers' once and in order.
 *
 * Where librdkafka has had no acknowledgement for seconds it knew the leader and waited on purpose: each connection that ended within the last
 * ten seconds doubles its pause before the next (`reconnect.backoff.ms` to `reconnect.backoff.max.ms`), and here nodes end every few seconds.
 *
 *   node scripts/rolling-restart.ts [--rounds 2]             three brokers that are controllers too
 *   node scripts/rolling-restart.ts --controllers 3          three brokers and three controllers
 */
import { parseArgs } from "node:util";
import { formatVerdict } from "@samsa/history";
import { isUnharmed, RESTART_CLIENTS, rollingRestart } from "@samsa/scenario-runner";
import { finish } from "./tally.ts";

const BROKERS = 3;

const { values } = parseArgs({ options: { rounds: { type: "string", default: "2" }, controllers: { type: "string", default: "0" } } });
const rounds = Number(values.rounds);
const controllers = Number(values.controllers);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

print(`${rounds} rounds over ${BROKERS} brokers${controllers === 0 ? " that are controllers too" : ` and ${controllers} controllers`}`);
const result = await rollingRestart({ bundle: "dist/samsa.mjs", controllers, rounds, clients: RESTART_CLIENTS, tell: print });
for (const { client, acked, failedCount, failed, longestGapMs, verdict } of result.clients) {
  print(`${client}: ${acked} records acknowledged, ${failedCount} produces failed, longest time without an ack ${Math.round(longestGapMs)} ms`);
  for (const line of failed) print(`  FAILED: ${line}`);
  print(formatVerdict(verdict));
}
for (const failure of result.failures) print(`FAILED: ${failure}`);
const wanted = rounds * (BROKERS + controllers);
const isGood = isUnharmed(result, wanted);
finish({ passed: result.restarts.length + (isGood ? 1 : 0), failed: isGood ? 0 : 1, skipped: wanted - result.restarts.length }, false);
