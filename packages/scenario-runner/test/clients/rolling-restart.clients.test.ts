import { describe, expect, test } from "vitest";
import { RESTART_CLIENTS, type RestartClient } from "../../src/endurance/restart-load.ts";
import { isUnharmed, rollingRestart } from "../../src/endurance/rolling-restart.ts";
import { isKcatInstalled, KCAT_TITLE } from "./kcat.ts";

const BUNDLE = "dist/samsa.mjs";
const ROUND = 3;

async function expectUnharmed(clients: readonly RestartClient[]): Promise<void> {
  const told: string[] = [];
  const result = await rollingRestart({ bundle: BUNDLE, controllers: 0, rounds: 1, clients, tell: (line) => told.push(line) });
  const outcomes = result.clients.map(({ client, failed, verdict }) => ({ client, failed, isClean: verdict.isClean }));
  expect(outcomes, told.join("\n")).toEqual(clients.map((client) => ({ client, failed: [], isClean: true })));
  expect(result.failures).toEqual([]);
  expect(isUnharmed(result, ROUND)).toBe(true);
}

/** `npm run rolling-restart` goes round twice, and over controllers of their own. */
describe("Every node is stopped in order and started again, one after the other", () => {
  describe.skipIf(!isKcatInstalled)(KCAT_TITLE, () => {
    test("no produce of kafkajs or librdkafka with acks=all and the retries they have by default fails", async () => {
      await expectUnharmed(RESTART_CLIENTS);
    });
  });
});
