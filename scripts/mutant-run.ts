/** What `mutants.ts` bundles with a bug and starts: reads a request from stdin, writes `{ finding? }` to stdout. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { runSimulation, type SearchFocus, shrinkSeed, simulationInput, type SimulationInput, type SimulationResult } from "@samsa/simulator";

type Request =
  | { readonly type: "replay"; readonly input: SimulationInput }
  | { readonly type: "search"; readonly first: number; readonly count: number; readonly focus?: SearchFocus; readonly isShrunk?: boolean };

const DURATION_MS = 30_000;
const SHRINK_MS = 120_000;

const request = JSON.parse(readFileSync(0, "utf8")) as Request;
const finding = request.type === "replay" ? replay(request.input) : search(request);
process.stdout.write(JSON.stringify({ finding }));

function replay(input: SimulationInput) {
  const result = run(input);
  return result.violations[0] === undefined
    ? undefined
    : { seed: input.seed, seeds: 1, simulatedSeconds: Math.round(result.simulatedMs / 1000), ...result.violations[0], input };
}

/** A mutant may make the code throw where it should not: that is a find too. */
function run(input: SimulationInput): Pick<SimulationResult, "violations" | "simulatedMs"> {
  try {
    return runSimulation(input);
  } catch (error) {
    return { violations: [{ invariant: "threw", detail: String(error) }], simulatedMs: input.durationMs };
  }
}

function search({ first, count, focus, isShrunk = true }: Extract<Request, { type: "search" }>) {
  let simulatedMs = 0;
  for (let seed = first; seed < first + count; seed++) {
    const [input] = fc.sample(simulationInput(seed, DURATION_MS, focus), { seed, numRuns: 1 });
    if (input === undefined) continue;
    const result = run(input);
    simulatedMs += result.simulatedMs;
    const violation = result.violations[0];
    if (violation === undefined) continue;
    process.stderr.write(`  seed ${seed}: ${violation.invariant}: ${violation.detail.slice(0, 200)}\n`);
    return {
      seed,
      seeds: seed - first + 1,
      simulatedSeconds: Math.round(simulatedMs / 1000),
      ...violation,
      input: (isShrunk ? shrink(seed, focus, violation.invariant) : undefined) ?? input,
    };
  }
  return undefined;
}

/** Smaller inputs that fire the same oracle, as long as time allows. */
function shrink(seed: number, focus: SearchFocus | undefined, invariant: string): SimulationInput | undefined {
  const isSame = (input: SimulationInput): boolean => run(input).violations[0]?.invariant === invariant;
  return shrinkSeed(seed, DURATION_MS, { ...(focus === undefined ? {} : { focus }), isSame, timeLimitMs: SHRINK_MS })?.input;
}
