import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { LOOK_AFTER_READ_BYTES } from "../src/garbage-collection.ts";
import { BUFFER_BYTES_MAX, RESIDENT_BYTES_MAX } from "../src/memory-pressure.ts";

/** Flags of the engine are for a whole process: each runs in one of its own. */
function inProcess(body: string): unknown {
  const source = join(import.meta.dirname, "../src");
  const script = `
    import { collectUnderPressure, countBuffersAsHeap } from ${JSON.stringify(join(source, "garbage-collection.ts"))};
    import { unpooled } from ${JSON.stringify(join(source, "piece-pool.ts"))};
    countBuffersAsHeap();
    collectUnderPressure();
    ${body}`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

it("keeps what was read and is garbage below what everything would be gone through for", () => {
  const peak = inProcess(`
    let peak = 0;
    for (let count = 0; count < 4_000; count++) {
      unpooled(256 * 1024);
      peak = Math.max(peak, process.memoryUsage().arrayBuffers);
    }
    console.log(peak);
    process.exit();`);
  expect(peak).toBeLessThan(BUFFER_BYTES_MAX);
});

it("gives back the pages that objects took which have gone, at the first look", () => {
  const [before, after] = inProcess(`
    let objects = Array.from({ length: 2_500_000 }, (_, value) => ({ value, next: [value] }));
    const before = process.memoryUsage().rss;
    objects = undefined;
    unpooled(${LOOK_AFTER_READ_BYTES});
    console.log(JSON.stringify([before, process.memoryUsage().rss]));
    process.exit();`) as [number, number];
  expect(before).toBeGreaterThan(RESIDENT_BYTES_MAX);
  expect(after).toBeLessThan(before / 2);
});
