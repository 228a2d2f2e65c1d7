import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import type { Edit } from "../../mutants/mutant.ts";
import { applyEdits, editsByPath } from "./apply-edits.ts";
import type { Answers, Request } from "./request.ts";

/** A frozen plan is small; a run that takes longer hangs. */
export const REPLAY_TIMEOUT_MS = 600_000;
/** Shrinking recurses deeply. */
export const RUNNER_OPTIONS = ["--stack-size=2000"];
const SEARCH_TIMEOUT_MS = 20 * REPLAY_TIMEOUT_MS;

/** `mutant-run.ts`, or another runner, with all it imports, the bug put back by `edits`. */
export async function bundleWith(edits: readonly Edit[], directory: string, name: string, runner = "scripts/mutant-run.ts"): Promise<string> {
  const outfile = join(directory, `${name}.mjs`);
  await build({
    entryPoints: [runner],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "warning",
    plugins: [mutate(edits)],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return outfile;
}

/** Asks a bundle of `mutant-run.ts`; undefined: nothing was found. Fails with `AbortError` where `signal` ends it. */
export function ask<Asked extends Request>(bundle: string, request: Asked, signal?: AbortSignal): Promise<Answers[Asked["type"]] | undefined> {
  const isSearch = request.type === "search" || request.type === "search-durability";
  return askRunner(bundle, request, { timeoutMs: isSearch ? SEARCH_TIMEOUT_MS : REPLAY_TIMEOUT_MS, signal });
}

/** Asks a bundle of any runner for its `finding`. */
export function askRunner<Finding>(
  bundle: string,
  request: unknown,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<Finding | undefined> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [...RUNNER_OPTIONS, bundle], { stdio: ["pipe", "pipe", "inherit"], timeout: timeoutMs, signal });
    child.once("error", failed);
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.once("close", (code) =>
      code === 0 ? done((JSON.parse(output) as { readonly finding?: Finding }).finding) : failed(new Error(`the run ended with code ${code}`)),
    );
    child.stdin.end(JSON.stringify(request));
  });
}

function mutate(edits: readonly Edit[]): Plugin {
  const byPath = editsByPath(edits);
  return {
    name: "mutate",
    setup: (builder) =>
      builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const applicable = byPath.get(path);
        return applicable === undefined ? undefined : { contents: applyEdits(readFileSync(path, "utf8"), applicable), loader: "ts" };
      }),
  };
}
