import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Mutant } from "../../mutants/mutant.ts";

const VITEST = "node_modules/vitest/vitest.mjs";

interface Report {
  readonly testResults: readonly { readonly message: string; readonly assertionResults: readonly { readonly title: string; readonly status: string }[] }[];
}

/** The named test on the sources with the bug: red, or it proves nothing. Without the bug it is one of the default suite's. */
export async function killedByTest(mutant: Mutant, directory: string): Promise<boolean> {
  const { test } = mutant;
  if (test === undefined) throw new Error(`${mutant.id} is not killed by a test`);
  const report = join(directory, `${mutant.id}.json`);
  const child = spawn(process.execPath, [VITEST, "run", "--config", "vitest.mutant.config.ts"], {
    env: { ...process.env, SAMSA_MUTANT: mutant.id, SAMSA_MUTANT_REPORT: report },
    stdio: ["ignore", "ignore", "inherit"],
  });
  await once(child, "close");
  const why = existsSync(report) ? verdictOf(JSON.parse(readFileSync(report, "utf8")) as Report, test.name) : "the test runner said nothing";
  console.log(`${mutant.id.padEnd(30)} ${why === undefined ? `ok      killed by ${test.file}: ${test.name}` : `FAILED  ${why}`}`);
  return why === undefined;
}

/** Why the mutant is not killed; undefined if it is. */
function verdictOf({ testResults }: Report, name: string): string | undefined {
  const [result] = testResults.flatMap(({ assertionResults }) => assertionResults.filter(({ title }) => title === name));
  if (result !== undefined) return result.status === "failed" ? undefined : `survived ${JSON.stringify(name)}`;
  return `there is no test ${JSON.stringify(name)}: ${testResults[0]?.message ?? "nothing was run"}`;
}
