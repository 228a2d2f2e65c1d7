import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const CYCLES = Number(process.env["SAMSA_CYCLES"] ?? 20);
/** What the first cycles load and compile stays. */
const WARM_UP = Math.floor(CYCLES / 2);
/** A cluster that stayed would be several megabytes. */
const GROWTH_BYTES_PER_CYCLE_MAX = 64 * 1024;

interface Left {
  readonly heaps: readonly number[];
  readonly handles: readonly string[];
  readonly signals: readonly string[];
  readonly directories: readonly string[];
}

test(`${CYCLES} clusters leave no handle, no file and no memory behind, and the process ends by itself`, { timeout: 20_000 + CYCLES * 3_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "samsa-cycles-"));
  const script = join(import.meta.dirname, "cycle-process.ts");
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--expose-gc", script, String(CYCLES)], {
    env: { ...process.env, TMPDIR: directory },
  });
  const { heaps, ...left } = JSON.parse(stdout) as Left;
  expect(left).toEqual({ handles: [], signals: [], directories: [] });
  expect(stderr).toBe("");
  expect(heaps).toHaveLength(CYCLES);
  expect(slopeOf(heaps.slice(WARM_UP))).toBeLessThan(GROWTH_BYTES_PER_CYCLE_MAX);
  rmSync(directory, { recursive: true });
});

/** Of the straight line that is nearest to the values, by the least squares. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const covariance = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  const variance = values.reduce((sum, _value, index) => sum + (index - middle) ** 2, 0);
  return covariance / variance;
}
