import { describeGroups, type GroupDescription } from "../admin/group-descriptions.ts";
import { executionException, JavaException } from "../java-exception.ts";
import type { ToolIo } from "../tool.ts";
import { membersTable } from "./members-table.ts";
import { offsetRows, offsetsTable } from "./offsets-table.ts";
import { type Run, wantedGroups } from "./run.ts";
import { errorLine } from "./table.ts";
import { stateTable } from "./state-table.ts";

const REBALANCING: ReadonlySet<string> = new Set(["PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling"]);

/** `--describe`: offsets, members or states of groups, by their ids. */
export async function describe(run: Run): Promise<void> {
  const { session, parsed } = run;
  const described = await describeGroups(session, await wantedGroups(run));
  const groups = [...described.values()].map((group) => {
    if (group instanceof JavaException) throw executionException(group);
    return group;
  });
  const sorted = groups.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (parsed.has("members")) return tellMembers(run, sorted);
  if (parsed.has("state")) return tellStates(run, sorted);
  await tellOffsets(run, sorted);
}

async function tellOffsets({ session, parsed, io }: Run, groups: readonly GroupDescription[]): Promise<void> {
  const rows = new Map<string, Awaited<ReturnType<typeof offsetRows>>>();
  // Nothing is told before all is known.
  for (const group of groups) rows.set(group.id, await offsetRows(session, group));
  for (const group of groups) {
    const ofGroup = rows.get(group.id) ?? [];
    if (isThere(group, io) && ofGroup.length > 0) io.out(offsetsTable(ofGroup, parsed.has("verbose")));
  }
}

function tellMembers({ parsed, io }: Run, groups: readonly GroupDescription[]): void {
  for (const group of groups) {
    // The heading comes even where nobody is.
    isThere(group, io);
    io.out(membersTable(group, parsed.has("verbose")));
  }
}

function tellStates({ parsed, io }: Run, groups: readonly GroupDescription[]): void {
  for (const group of groups) if (isThere(group, io)) io.out(stateTable(group, parsed.has("verbose")));
}

/** Tells what the state of a group means to who asks; throws where it is none that a group of consumers can have. */
function isThere({ id, state }: GroupDescription, io: ToolIo): boolean {
  if (state === "Dead") io.out(errorLine(`Consumer group '${id}' does not exist.`));
  else if (state === "Empty") io.err(`\nConsumer group '${id}' has no active members.\n`);
  else if (REBALANCING.has(state)) io.err(`\nWarning: Consumer group '${id}' is rebalancing.\n`);
  else if (state !== "Stable")
    throw new JavaException("org.apache.kafka.common.KafkaException", `Expected a valid consumer group state, but found '${state}'.`);
  return state !== "Dead";
}
