import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { inputOfSeed, runSimulation } from "@samsa/simulator";
import { expect, it } from "vitest";

const DURATION_MS = 20_000;
const SEEDS = [1, 2, 3, 5, 8];

it.each(SEEDS)("gives the same trace hash twice in one process (seed %i)", (seed) => {
  const input = inputOfSeed(seed, DURATION_MS);
  const first = runSimulation(input);
  expect(runSimulation(input).traceHash).toBe(first.traceHash);
  // Whoever listens to the trace must not change the run.
  let events = 0;
  expect(runSimulation(input, { trace: () => events++ }).traceHash).toBe(first.traceHash);
  expect(events).toBeGreaterThan(0);
});

it("gives the same trace hashes in another process", async () => {
  const here = SEEDS.map((seed) => runSimulation(inputOfSeed(seed, DURATION_MS)).traceHash);
  const directory = mkdtempSync(join(tmpdir(), "samsa-determinism-"));
  try {
    const outfile = join(directory, "run.mjs");
    const contents = `import { inputOfSeed, runSimulation } from "@samsa/simulator"; console.log(JSON.stringify(${JSON.stringify(SEEDS)}.map((seed) => runSimulation(inputOfSeed(seed, ${DURATION_MS})).traceHash)));`;
    await build({
      stdin: { contents, resolveDir: import.meta.dirname, loader: "ts" },
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "warning",
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    });
    const there: unknown = JSON.parse(execFileSync(process.execPath, [outfile], { encoding: "utf8" }));
    expect(there).toEqual(here);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

it("gives another hash for another seed", () => {
  const hashes = new Set(SEEDS.map((seed) => runSimulation(inputOfSeed(seed, 2_000)).traceHash));
  expect(hashes.size).toBe(SEEDS.length);
});
