import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runTranscript } from "./support/transcript.ts";

const FOLDER = new URL("testdata/", import.meta.url);

// After an intended change: vitest run -u, then read the difference.
describe("transcript", () => {
  for (const file of readdirSync(FOLDER).toSorted()) {
    test(`${file} reads as it did`, async () => {
      const { pathname } = new URL(file, FOLDER);
      await expect(runTranscript(readFileSync(pathname, "utf8"))).toMatchFileSnapshot(pathname);
    });
  }
});
