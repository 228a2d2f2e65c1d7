import { formatEntry, formatFault, nodeName, Timeline } from "@samsa/scenario-runner";
import { replayCommand, shrinkSeed, type SimulationInput } from "@samsa/simulator";
import type { FaultAction, TraceEvent } from "@samsa/world";
import { type Run, runOnce } from "./run-once.ts";

/** The end of the story is what matters. */
const MAX_LINES = 40;

/** A failed run in words: what is violated, the smallest plan that still does it, what happened last, and how to see it again. */
export function describeFailure(failed: Run, shrinkMs: number): string {
  const [violation] = failed.violations;
  if (violation === undefined) return "";
  const shrunk = shrinkMs === 0 ? undefined : shrink(failed.input, { invariant: violation.invariant, shrinkMs });
  const input = shrunk?.input ?? failed.input;
  const { story, run } = tell(input);
  const seen = run.violations[0] ?? violation;
  return [
    "",
    `VIOLATED with seed ${failed.seed}: ${seen.invariant}`,
    `  ${seen.detail}`,
    "",
    planTitle(failed.input.plan.actions.length, input.plan.actions.length, shrunk?.attempts),
    ...input.plan.actions.map((action) => `  ${describeTime(action)}: ${formatFault(action.fault)}`),
    "",
    `What happened${story.length > MAX_LINES ? ` (the last ${MAX_LINES} of ${story.length} events)` : ""}, in virtual time:`,
    ...story.slice(-MAX_LINES),
    "",
    "See it again:",
    `  ${replayCommand(input)}`,
  ].join("\n");
}

function describeTime({ atMs, afterElectionMs }: FaultAction): string {
  const armed = `${(atMs / 1000).toFixed(3)} s after the load began`;
  return afterElectionMs === undefined ? armed : `${armed}, and ${afterElectionMs} ms after the election of a controller that follows`;
}

function planTitle(before: number, after: number, attempts: number | undefined): string {
  const made = attempts === undefined ? "" : `, shrunk from ${before} in ${attempts} runs`;
  return after === 0 ? `It needs no fault${made}.` : `The plan: ${after} fault${after === 1 ? "" : "s"}${made}:`;
}

function shrink(input: SimulationInput, { invariant, shrinkMs }: { readonly invariant: string; readonly shrinkMs: number }) {
  const isSame = (smaller: SimulationInput): boolean => runOnce(smaller).violations[0]?.invariant === invariant;
  return shrinkSeed(input.seed, input.durationMs, { isSame, timeLimitMs: shrinkMs });
}

function tell(input: SimulationInput): { readonly story: readonly string[]; readonly run: Run } {
  const story: string[] = [];
  let nowMs = 0;
  const nameOf = (node: number): string => nodeName({ brokers: input.nodes }, node);
  const timeline = new Timeline(
    () => nowMs,
    (entry) => story.push(formatEntry(entry)),
    nameOf,
  );
  const run = runOnce(input, (event) => {
    nowMs = event.t / 1000;
    follow(event, timeline, { name: nameOf(event.node), isBroker: event.node <= input.nodes });
  });
  for (const { invariant } of run.violations.slice(0, 1)) timeline.say(`VIOLATED: ${invariant}`);
  return { story, run };
}

function follow({ node, event }: TraceEvent, timeline: Timeline, { name, isBroker }: { readonly name: string; readonly isBroker: boolean }): void {
  // The metadata log is synced before it counts: of a controller alone nobody asks whether its page cache survived.
  if (event.kind === "started") timeline.say(`${name} starts${event.pageCacheSurvived || !isBroker ? "" : ", with an empty page cache"}`);
  else if (event.kind === "client-error") timeline.say(`a producer gave up on ${event.topic}-${event.partition}: ${event.error}`);
  else if (event.kind === "fault" && node < 0) timeline.fault(`fault: ${event.fault}, ${event.detail}`, []);
  // The world repeats what an invariant found; the story ends with it.
  else if (event.kind === "violation" && node < 0) return;
  else if (event.kind === "healed") timeline.say("every fault ends, every node is started");
  else timeline.event({ node, ...event });
}
