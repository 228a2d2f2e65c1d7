import { describe, expect, test } from "vitest";
import { RESTART_CLIENTS, type RestartClient } from "../../src/endurance/restart-load.ts";
import { isUnharmed, rollingRestart } from "../../src/endurance/rolling-restart.ts";
import { isKcatInstalled, KCAT_TITLE } from "./kcat.ts";
import { CLUSTER_TITLE, ROLES_OF_CLUSTERS } from "./running-cluster.ts";

const BUNDLE = "dist/samsa.mjs";
const BROKERS = 3;

async function expectUnharmed(controllers: number, clients: readonly RestartClient[]): Promise<void> {
  const told: string[] = [];
  const result = await rollingRestart({ bundle: BUNDLE, controllers, rounds: 1, clients, tell: (line) => told.push(line) });
  const outcomes = result.clients.map(({ client, failed, verdict }) => ({ client, failed, anomalies: verdict.anomalies }));
  expect(outcomes, told.join("\n")).toEqual(clients.map((client) => ({ client, failed: [], anomalies: [] })));
  expect(result.failures).toEqual([]);
  expect(isUnharmed(result, BROKERS + controllers)).toBe(true);
}

/** `npm run rolling-restart` goes round twice. */
describe("Every node is stopped in order and started again, one after the other", () => {
  describe.skipIf(!isKcatInstalled)(KCAT_TITLE, () => {
    test.each(ROLES_OF_CLUSTERS)(`no produce of kafkajs or librdkafka with acks=all and default retries fails: ${CLUSTER_TITLE}`, async (controllers) => {
      await expectUnharmed(controllers, RESTART_CLIENTS);
    });
  });
});
