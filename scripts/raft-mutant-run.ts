/** What `raft-mutants.ts` bundles with a bug and starts: reads a request from stdin, writes `{ finding? }` to stdout. */
import { readFileSync } from "node:fs";
import { runChaos } from "../packages/raft-ts/test/support/chaos.ts";
import { runTranscript } from "../packages/raft-ts/test/support/transcript.ts";
import { Violation } from "../packages/raft-ts/test/support/violation.ts";
import type { RaftFinding, RaftRequest } from "./mutants/raft-request.ts";

const request = JSON.parse(readFileSync(0, "utf8")) as RaftRequest;
const finding = request.type === "transcript" ? reads(request.text) : search(request);
process.stdout.write(JSON.stringify({ finding }));

function search({ first, count, focus }: Extract<RaftRequest, { type: "chaos" }>): RaftFinding | undefined {
  for (let seed = first; seed < first + count; seed++) {
    try {
      runChaos(seed, focus);
    } catch (error) {
      return { seed, seeds: seed - first + 1, oracle: oracleOf(error), detail: String(error).slice(0, 300) };
    }
  }
  return undefined;
}

function reads(text: string): RaftFinding | undefined {
  try {
    return runTranscript(text) === text ? undefined : { seed: 0, seeds: 0, oracle: "transcript", detail: "it reads otherwise" };
  } catch (error) {
    return { seed: 0, seeds: 0, oracle: "transcript", detail: String(error).slice(0, 300) };
  }
}

/** A mutant may also break an invariant of the production code, or make it throw where it should not. */
function oracleOf(error: unknown): string {
  if (error instanceof Violation) return error.property;
  return error instanceof Error && "code" in error ? String(error.code) : `threw ${String(error).slice(0, 60)}`;
}
