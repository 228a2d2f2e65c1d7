import { defineConfig } from "vitest/config";

/** Foreign clients against real processes, one file after the other: each has a cluster of its own, and two cores are few. */
export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.clients.test.ts", "test/**/*.clients.test.ts"],
    pool: "forks",
    fileParallelism: false,
    maxConcurrency: 6,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", "./scripts/tally-reporter.ts"],
  },
});
