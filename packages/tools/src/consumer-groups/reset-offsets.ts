import { ErrorCode } from "@samsa/protocol";
import { keyOf, type TopicPartition } from "../admin/ask-leaders.ts";
import { describeGroups } from "../admin/group-descriptions.ts";
import { alterGroupOffsets, committedOffsets, type GroupOffset } from "../admin/group-offsets.ts";
import { executionException, JavaException, runtimeException } from "../java-exception.ts";
import { USAGE } from "./check-options.ts";
import { newOffsets } from "./new-offsets.ts";
import { checkPartitions, namedTopics } from "./partition-offsets.ts";
import { csvLine } from "./reset-plan.ts";
import { uncheckedAnswerOf } from "./futures.ts";
import { type Run, wantedGroups } from "./run.ts";
import { errorLine, row, widthOf } from "./table.ts";
import { isWithPartitions, partitionsOfArgument } from "./topic-arguments.ts";

/** In these a group has no members who would commit over it. */
const INACTIVE: ReadonlySet<string> = new Set(["Empty", "Dead"]);

/** `--reset-offsets`: plans new offsets, tells them, and, with `--execute`, commits them for the groups. */
export async function resetOffsets(run: Run): Promise<void> {
  const { session, parsed, io } = run;
  const groups = await describeGroups(session, await wantedGroups(run));
  const resets = new Map<string, readonly GroupOffset[]>();
  for (const [id, group] of groups) {
    const state = group instanceof JavaException ? stateOfUndescribed(group) : group.state;
    if (INACTIVE.has(state)) resets.set(id, await resetGroup(run, id));
    else {
      io.out(errorLine(`Assignments can only be reset if the group '${id}' is inactive, but the current state is ${state}.`));
      resets.set(id, []);
    }
  }
  io.out(parsed.has("export") ? exported(resets, parsed.valuesOf("group").length === 1) : table(resets));
}

/** A group that is not there can have offsets nevertheless. Throws any other error. */
function stateOfUndescribed(error: JavaException): string {
  if (error.errorCode === ErrorCode.GROUP_ID_NOT_FOUND) return "Dead";
  throw runtimeException(executionException(error));
}

async function resetGroup(run: Run, groupId: string): Promise<readonly GroupOffset[]> {
  const { session, parsed } = run;
  const partitions = await partitionsToReset(run, groupId);
  await checkPartitions(session, partitions);
  const offsets = await newOffsets(run, groupId, partitions);
  const isDryRun = parsed.has("dry-run") || !parsed.has("execute");
  if (!isDryRun) await alterGroupOffsets(session, groupId, offsets);
  return offsets.toSorted((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}

/** Each once. */
async function partitionsToReset({ session, parsed }: Run, groupId: string): Promise<readonly TopicPartition[]> {
  if (parsed.has("all-topics")) return [...(await uncheckedAnswerOf(committedOffsets(session, groupId))).values()];
  if (!parsed.has("topic")) {
    if (parsed.has("from-file")) return [];
    throw USAGE.refusal("One of the reset scopes should be defined: --all-topics, --topic.");
  }
  const named = parsed.valuesOf("topic");
  const chosen = named.filter(isWithPartitions).flatMap(partitionsOfArgument);
  const topics = await namedTopics(session, [...new Set(named.filter((topic) => !isWithPartitions(topic)))]);
  const whole = topics.flatMap((topic) => topic.partitions.map(({ partition }) => ({ topic: topic.name, partition })));
  return [...new Map([...chosen, ...whole].map((each) => [keyOf(each), each])).values()];
}

function table(resets: ReadonlyMap<string, readonly GroupOffset[]>): string {
  const rows = [...resets].flatMap(([group, offsets]) => offsets.map(({ topic, partition, offset }) => [group, topic, partition, offset]));
  const topics = [...resets.values()].flat().map(({ topic }) => topic);
  const widths = [widthOf(15, [...resets.keys()]), widthOf(15, topics), 10];
  const heading = resets.size === 0 ? [] : [["GROUP", "TOPIC", "PARTITION", "NEW-OFFSET"]];
  return `${[...heading, ...rows].map((cells) => `\n${row(widths, cells)}`).join("")}\n`;
}

/** What `--from-file` reads: of several groups each line names its own. */
function exported(resets: ReadonlyMap<string, readonly GroupOffset[]>, isOneGroup: boolean): string {
  const lines = [...resets].flatMap(([group, offsets]) =>
    offsets.map(({ topic, partition, offset }) => csvLine([...(isOneGroup ? [] : [group]), topic, partition, offset])),
  );
  return `${lines.join("")}\n`;
}
