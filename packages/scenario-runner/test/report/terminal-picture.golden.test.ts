import { describe, expect, test } from "vitest";
import { formatPicture } from "../../src/index.ts";
import { handmadeRun } from "./handmade-run.ts";
import { simulatedRun } from "./reported-run.ts";

const fileOf = (name: string): string => new URL(`testdata/${name}.txt`, import.meta.url).pathname;

// After an intended change: vitest run -u, then read the difference.
describe("the picture in characters", () => {
  test("of a simulated failover is as it was, at 80 columns and at 100", async () => {
    const { recording } = await simulatedRun();
    await expect(`${formatPicture(recording, 80)}\n\n${formatPicture(recording, 100)}\n`).toMatchFileSnapshot(fileOf("simulated-failover"));
  });

  test("of six nodes that suffer everything for a minute is as it was, at 80 columns and at 100", async () => {
    const { recording } = handmadeRun({ cluster: { brokers: 3, controllers: 3 }, partitions: 3, durationMs: 60_000 });
    await expect(`${formatPicture(recording, 80)}\n\n${formatPicture(recording, 100)}\n`).toMatchFileSnapshot(fileOf("six-nodes-for-a-minute"));
  });
});
