import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** The default suites: every package's own tests and the house's. What needs a real cluster, a foreign client or minutes is a suite of its own. */
export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/*.clients.test.ts"],
    pool: "threads",
    // Test files share workers, and with them the modules and what was compiled of them: no file leaves anything behind in a module. There is one worker more
    // than processors, for many a test waits for processes.
    isolate: false,
    maxWorkers: availableParallelism() + 1,
    testTimeout: 60_000,
    reporters: ["default", "./scripts/tally-reporter.ts"],
  },
});
