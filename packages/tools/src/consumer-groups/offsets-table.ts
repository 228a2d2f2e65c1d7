import { keyOf, type TopicPartition } from "../admin/ask-leaders.ts";
import type { GroupDescription } from "../admin/group-descriptions.ts";
import { type CommittedOffset, committedOffsets } from "../admin/group-offsets.ts";
import { OffsetTime } from "../admin/offsets.ts";
import type { Session } from "../session/session.ts";
import { leaderlessOf, offsetsAt } from "./partition-offsets.ts";
import { uncheckedAnswerOf } from "./futures.ts";
import { MISSING, row, widthOf } from "./table.ts";

interface Consumer {
  readonly id: string;
  readonly host: string;
  readonly clientId: string;
}

interface OffsetRow extends TopicPartition, Consumer {
  readonly group: string;
  /** None: nothing was committed. */
  readonly committed: CommittedOffset | undefined;
  /** None: nobody leads the partition. */
  readonly logEndOffset: number | undefined;
}

const NOBODY: Consumer = { id: MISSING, host: MISSING, clientId: MISSING };

/** Rows of a group, with what is committed and the ends of the logs. */
export async function offsetRows(session: Session, group: GroupDescription): Promise<readonly OffsetRow[]> {
  const committed = await uncheckedAnswerOf(committedOffsets(session, group.id));
  const read = partitionsOf(group, committed);
  const ends = await logEndOffsets(session, read);
  return read.map((each) => ({ ...each, group: group.id, committed: committed.get(keyOf(each)), logEndOffset: ends.get(keyOf(each)) }));
}

/** What members have, those with most first, and then what was committed of other partitions. */
export function partitionsOf(group: GroupDescription, committed: ReadonlyMap<string, CommittedOffset>): readonly (TopicPartition & Consumer)[] {
  const members = group.members.toSorted((a, b) => b.assignment.length - a.assignment.length);
  const assigned = new Set(members.flatMap(({ assignment }) => assignment.map(keyOf)));
  const unassigned = [...committed.values()].filter((each) => !assigned.has(keyOf(each)));
  const withConsumer = (partitions: readonly TopicPartition[], { id, host, clientId }: Consumer): readonly (TopicPartition & Consumer)[] =>
    partitions.toSorted(byPartition).map(({ topic, partition }) => ({ topic, partition, id, host, clientId }));
  return [...members.flatMap((member) => withConsumer(member.assignment, member)), ...withConsumer(unassigned, NOBODY)];
}

async function logEndOffsets(session: Session, partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, number>> {
  const leaderless = new Set((await leaderlessOf(session, partitions)).map(keyOf));
  return offsetsAt(
    session,
    partitions.filter((partition) => !leaderless.has(keyOf(partition))),
    OffsetTime.LATEST,
  );
}

const byPartition = (a: TopicPartition, b: TopicPartition): number => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1);

export function offsetsTable(rows: readonly OffsetRow[], isVerbose: boolean): string {
  const columns: readonly (readonly [title: string, of: (each: OffsetRow) => string | number, width: number])[] = [
    [
      "GROUP",
      ({ group }) => group,
      widthOf(
        15,
        rows.map(({ group }) => group),
      ),
    ],
    [
      "TOPIC",
      ({ topic }) => topic,
      widthOf(
        15,
        rows.map(({ topic }) => topic),
      ),
    ],
    ["PARTITION", ({ partition }) => partition, 10],
    ...(isVerbose ? ([["LEADER-EPOCH", ({ committed }: OffsetRow) => committed?.leaderEpoch ?? MISSING, 15]] as const) : []),
    ["CURRENT-OFFSET", ({ committed }) => committed?.offset ?? MISSING, 15],
    ["LOG-END-OFFSET", ({ logEndOffset }) => logEndOffset ?? MISSING, 15],
    ["LAG", lagOf, 15],
    [
      "CONSUMER-ID",
      ({ id }) => id,
      widthOf(
        15,
        rows.map(({ id }) => id),
      ),
    ],
    [
      "HOST",
      ({ host }) => host,
      widthOf(
        15,
        rows.map(({ host }) => host),
      ),
    ],
    ["CLIENT-ID", ({ clientId }) => clientId, 0],
  ];
  const widths = columns.map(([, , width]) => width);
  const lines = [columns.map(([title]) => title), ...rows.map((each) => columns.map(([, of]) => of(each)))];
  return `${lines.map((cells) => `\n${row(widths, cells)}`).join("")}\n`;
}

const lagOf = ({ committed, logEndOffset }: OffsetRow): string | number =>
  committed === undefined || logEndOffset === undefined ? MISSING : logEndOffset - committed.offset;
