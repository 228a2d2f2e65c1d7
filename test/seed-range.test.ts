import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { seedRangeOf } from "../scripts/seed-range.ts";

/** A process of its own, for signals are the process's: walks the seeds 3 to 9 in blocks of 3. */
function walk(run: string): { readonly lines: readonly string[]; readonly progress: readonly string[] } {
  const script = `
    import { walkSeeds } from "./scripts/seed-range.ts";
    const print = (value) => console.log(JSON.stringify(value));
    const options = { range: { first: 3, seeds: 7 }, blockSeeds: 3, command: () => "npm test -- --full" };
    try {
      print(await walkSeeds({ ...options, run: async (block) => { print(block); ${run} } }));
    } catch (error) {
      print(error.message);
    }`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
  const split = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");
  return { lines: split(stdout), progress: split(stderr).map((line) => line.replace(/\d+ s$/, "… s")) };
}

test("--full takes the seeds from 1 on unless it is told others; without it there are none", () => {
  expect(seedRangeOf({}, 500)).toBeUndefined();
  expect(seedRangeOf({ full: true }, 500)).toEqual({ first: 1, seeds: 500 });
  expect(seedRangeOf({ full: true, first: "501", seeds: "20" }, 500)).toEqual({ first: 501, seeds: 20 });
  expect(() => seedRangeOf({ seeds: "20" }, 500)).toThrow("go with --full");
  for (const bad of ["0", "-1", "1.5", "many", ""]) expect(() => seedRangeOf({ full: true, seeds: bad }, 500)).toThrow(RangeError);
});

test("a walk runs every seed once, block after block", () => {
  const { lines, progress } = walk("");
  expect(lines).toEqual(['{"first":3,"seeds":3}', '{"first":6,"seeds":3}', '{"first":9,"seeds":1}', "0"]);
  expect(progress).toEqual(["seeds 3 to 5 of 3 to 9 done in … s", "seeds 6 to 8 of 3 to 9 done in … s", "seed 9 of 3 to 9 done in … s"]);
});

test.each(["SIGINT", "SIGTERM"])("a walk that %s ends says how it goes on, from the block that was not finished", (signal) => {
  for (const run of [
    `if (block.first === 6) process.kill(process.pid, "${signal}");`,
    `if (block.first === 6) { process.kill(process.pid, "${signal}"); await new Promise((heard) => setTimeout(heard, 50)); throw new Error("a child was killed"); }`,
  ]) {
    const { lines, progress } = walk(run);
    expect(lines).toEqual(['{"first":3,"seeds":3}', '{"first":6,"seeds":3}', "4"]);
    expect(progress.at(-1)).toBe("stopped; go on with: npm test -- --full --first 6 --seeds 4");
  }
});

test("a walk whose block throws says how it goes on, and throws", () => {
  const { lines, progress } = walk('if (block.first === 6) throw new Error("broken");');
  expect(lines.at(-1)).toBe('"broken"');
  expect(progress.at(-1)).toBe("stopped; go on with: npm test -- --full --first 6 --seeds 4");
});
