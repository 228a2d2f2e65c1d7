/** What `mutants.ts` bundles with a bug and starts: reads requests from stdin, a line each, and writes a line of `{ finding? }` to stdout for each. */
import { createInterface } from "node:readline";
import fc from "fast-check";
import {
  ackedDurability,
  BrokenPromise,
  runSimulation,
  type SearchFocus,
  shrinkActions,
  shrinkSeed,
  simulationInput,
  type SimulationInput,
  type SimulationResult,
} from "@samsa/simulator";
import type { BrokenDurability, Finding, Request } from "./mutants/request.ts";
import { strikesAt } from "./mutants/strikes.ts";

const DURATION_MS = 30_000;
const SHRINK_MS = 120_000;

for await (const line of createInterface({ input: process.stdin })) {
  const finding = answer(JSON.parse(line) as Request);
  process.stdout.write(`${JSON.stringify({ finding })}\n`);
}

function answer(asked: Request): Finding | BrokenDurability | undefined {
  switch (asked.type) {
    case "replay":
      return replay(asked.input);
    case "search":
      return search(asked);
    case "replay-durability":
      return breaksDurability(asked.input);
    case "search-durability":
      return searchDurability(asked);
  }
}

function replay(input: SimulationInput): Finding | undefined {
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

function search({ first, count, focus, isShrunk = true, shrinkMs = SHRINK_MS }: Extract<Request, { type: "search" }>): Finding | undefined {
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
      input: (isShrunk ? shrink(seed, focus, { invariant: violation.invariant, timeLimitMs: shrinkMs }) : undefined) ?? input,
    };
  }
  return undefined;
}

/** Smaller inputs that fire the same oracle, as long as time allows. */
function shrink(
  seed: number,
  focus: SearchFocus | undefined,
  { invariant, timeLimitMs }: { readonly invariant: string; readonly timeLimitMs: number },
): SimulationInput | undefined {
  const isSame = (input: SimulationInput): boolean => run(input).violations[0]?.invariant === invariant;
  return shrinkSeed(seed, DURATION_MS, { ...(focus === undefined ? {} : { focus }), isSame, timeLimitMs })?.input;
}

/** One input through the property that the suite runs. */
function breaksDurability(input: SimulationInput): BrokenDurability | undefined {
  return brokenBy(fc.check(ackedDurability(), { examples: [[input]], numRuns: 1, endOnFailure: true }));
}

function searchDurability({ seed, runs }: Extract<Request, { type: "search-durability" }>): BrokenDurability | undefined {
  const suspects: SimulationInput[] = [];
  const property = ackedDurability({
    ran: ({ input, violations }) => {
      // Only acks=all promises what is broken inside.
      if (violations.length > 0 && input.load.acks === -1) suspects.push(input);
    },
  });
  const found = fc.check(property, { seed, numRuns: runs, endOnFailure: true });
  const broken = brokenBy(found);
  if (broken === undefined || found.counterexamplePath === null) return strike(suspects, runs);
  process.stderr.write(`  run ${broken.runs}: ${broken.detail.slice(0, 200)}\n`);
  const limits = { interruptAfterTimeLimit: SHRINK_MS / 2, markInterruptAsFailure: false };
  const smaller = brokenBy(fc.check(property, { seed, path: found.counterexamplePath, ...limits }));
  // A smaller input may fail in another way.
  return withFewerActions(smaller?.anomaly === broken.anomaly ? { ...smaller, runs: broken.runs } : broken);
}

/** `runs`: how many there were already. */
function strike(suspects: readonly SimulationInput[], runs: number): BrokenDurability | undefined {
  let tried = runs;
  for (const suspect of suspects) {
    for (const input of strikesAt(suspect, run(suspect).simulatedMs)) {
      tried++;
      const broken = breaksDurability(input);
      if (broken === undefined || broken.anomaly === "threw") continue;
      process.stderr.write(`  run ${tried}: ${broken.detail.slice(0, 200)}\n`);
      return withFewerActions({ ...broken, runs: tried, isStruck: true });
    }
  }
  return undefined;
}

function withFewerActions(broken: BrokenDurability): BrokenDurability {
  const isSame = (input: SimulationInput): boolean => breaksDurability(input)?.anomaly === broken.anomaly;
  return { ...broken, input: shrinkActions(broken.input, { isSame, timeLimitMs: SHRINK_MS / 2 }) };
}

function brokenBy({ counterexample, errorInstance, numRuns }: fc.RunDetails<[SimulationInput]>): BrokenDurability | undefined {
  const input = counterexample?.[0];
  if (input === undefined) return undefined;
  const [anomaly] = errorInstance instanceof BrokenPromise ? errorInstance.anomalies : [];
  return { runs: numRuns, isStruck: false, anomaly: anomaly?.name ?? "threw", detail: anomaly?.detail ?? String(errorInstance), input };
}
