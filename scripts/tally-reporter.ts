import { writeSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";
import { formatTally, type Tally } from "./tally.ts";

/** Ends a run with the line that every suite of this repository ends with. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const tally = countTests(modules, unhandledErrors.length);
    // The other reporters' summaries come after this call; the tally is the last thing that is said.
    process.once("exit", () => writeSync(1, `${formatTally(tally)}\n`));
  }
}

/** A module that could not be read, and an error outside of every test, count as one failure each: silence there would look like success. */
function countTests(modules: readonly TestModule[], unhandledErrors: number): Tally {
  const tally = { passed: 0, failed: unhandledErrors, skipped: 0 };
  for (const { errors, children } of modules.map((module) => ({ errors: module.errors(), children: module.children }))) {
    tally.failed += errors.length;
    for (const test of children.allTests()) {
      const { state } = test.result();
      if (state === "passed") tally.passed++;
      else if (state === "failed") tally.failed++;
      else tally.skipped++;
    }
  }
  return tally;
}
