import { ErrorCode, errorName } from "@samsa/protocol";
import { keyOf, type TopicPartition } from "../admin/ask-leaders.ts";
import { type DeletedOffsets, deleteGroupOffsets } from "../admin/group-offsets.ts";
import { brokerError, JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import { namedTopics } from "./partition-offsets.ts";
import type { Run } from "./run.ts";
import { errorLine, MISSING, row, widthOf } from "./table.ts";
import { isWithPartitions, partitionsOfArgument } from "./topic-arguments.ts";

/** The group itself could not be asked. */
const OF_THE_GROUP: ReadonlySet<number> = new Set([
  ErrorCode.INVALID_GROUP_ID,
  ErrorCode.GROUP_ID_NOT_FOUND,
  ErrorCode.GROUP_AUTHORIZATION_FAILED,
  ErrorCode.NON_EMPTY_GROUP,
]);
const OF_PARTITIONS: ReadonlySet<number> = new Set([
  ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
]);

interface Deleted {
  readonly topic: string;
  /** None: of the topic nothing is known. */
  readonly partition: number | undefined;
  readonly error: JavaException | undefined;
}

/** `--delete-offsets`: what a group has committed of topics, or of some of their partitions. */
export async function deleteOffsets({ session, parsed, io }: Run): Promise<void> {
  const groupId = parsed.valueOf("group") ?? "";
  const named = parsed.valuesOf("topic");
  const partitions = named.filter(isWithPartitions).flatMap(partitionsOfArgument);
  const topics = await Promise.all([...new Set(named.filter((topic) => !isWithPartitions(topic)))].map((topic) => partitionsOfTopic(session, topic)));
  const known = new Map([...partitions, ...topics.flatMap((found) => found.partitions)].map((each) => [keyOf(each), each]));
  const result = await deleteGroupOffsets(session, groupId, [...known.values()]);
  const rows: readonly Deleted[] = [
    ...[...known].map(([key, { topic, partition }]) => ({ topic, partition, error: result.errors.get(key) })),
    ...topics.flatMap(({ topic, error }) => (error === undefined ? [] : [{ topic, partition: undefined, error }])),
  ];
  io.out(`${summary(groupId, result)}${table(rows)}`);
}

async function partitionsOfTopic(
  session: Session,
  topic: string,
): Promise<{ readonly topic: string; readonly partitions: readonly TopicPartition[]; readonly error?: JavaException }> {
  try {
    const found = await namedTopics(session, [topic]);
    return { topic, partitions: found.flatMap(({ partitions }) => partitions.map(({ partition }) => ({ topic, partition }))) };
  } catch (error) {
    if (error instanceof JavaException) return { topic, partitions: [], error };
    throw error;
  }
}

function summary(groupId: string, { groupError, errors }: DeletedOffsets): string {
  const error = groupError ?? [...errors.values()].find((each) => each !== undefined);
  if (error === undefined) return `Request succeeded for deleting offsets from group ${groupId}.\n`;
  const code = error.errorCode ?? (error.javaClass.endsWith(".TimeoutException") ? ErrorCode.REQUEST_TIMED_OUT : ErrorCode.UNKNOWN_SERVER_ERROR);
  if (OF_THE_GROUP.has(code)) return errorLine(brokerError(code).message);
  if (OF_PARTITIONS.has(code)) return errorLine("Encountered some partition-level error, see the follow-up details.");
  return errorLine(`Encountered some unknown error: ${errorName(code)}`);
}

/** By topic and partition written one behind the other, `t10` before `t2`. */
function table(rows: readonly Deleted[]): string {
  const widths = [
    widthOf(
      15,
      rows.map(({ topic }) => topic),
    ),
    10,
    15,
  ];
  const sortKey = ({ topic, partition = -1 }: Deleted): string => `${topic}${partition}`;
  const sorted = rows.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const cells = sorted.map(({ topic, partition = MISSING, error }) => [topic, partition, error === undefined ? "Successful" : `Error: ${error.toString()}`]);
  return `${[["TOPIC", "PARTITION", "STATUS"], ...cells].map((each) => `\n${row(widths, each)}`).join("")}\n`;
}
