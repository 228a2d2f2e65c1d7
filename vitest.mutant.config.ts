import { defineConfig } from "vitest/config";
import { mutants } from "./mutants/index.ts";
import { applyEdits, editsByPath } from "./scripts/mutants/apply-edits.ts";

const id = process.env["SAMSA_MUTANT"];
const mutant = mutants.find((one) => one.id === id);
if (mutant?.test === undefined) throw new Error(`SAMSA_MUTANT=${id ?? ""} names no mutant that a test kills`);
const byPath = editsByPath(mutant.edits);

/** One file of tests on the sources with one bug put back; `scripts/mutants/test-kill.ts` runs it. */
export default defineConfig({
  plugins: [
    {
      name: "mutate",
      enforce: "pre",
      transform: (code, path) => {
        const edits = byPath.get(path);
        return edits === undefined ? undefined : { code: applyEdits(code, edits), map: null };
      },
    },
  ],
  // Kept transforms are found by file and configuration: one mutant's would be taken for another's.
  test: {
    fsModuleCache: false,
    include: [mutant.test.file],
    pool: "threads",
    testTimeout: 60_000,
    reporters: [["json", { outputFile: process.env["SAMSA_MUTANT_REPORT"] ?? "" }]],
  },
});
