import { keyOf, type TopicPartition } from "../admin/ask-leaders.ts";
import { committedOffsets, type GroupOffset } from "../admin/group-offsets.ts";
import { OffsetTime } from "../admin/offsets.ts";
import { illegalArgument } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import type { ToolIo } from "../tool.ts";
import { noStrategy } from "./check-options.ts";
import { offsetsAt, UNKNOWN_OFFSET } from "./partition-offsets.ts";
import { readResetPlan } from "./reset-plan.ts";
import { uncheckedAnswerOf } from "./futures.ts";
import type { Run } from "./run.ts";
import { errorLine } from "./table.ts";
import { durationMs, timestampOf } from "./times.ts";
import { warning } from "./warning.ts";

/** Where the group is to go on, by the strategy that was chosen. Throws where none was. */
export async function newOffsets(run: Run, groupId: string, partitions: readonly TopicPartition[]): Promise<readonly GroupOffset[]> {
  const { session, parsed, io, wish } = run;
  const { toOffset, shiftBy, toDatetime, byDuration, fromFile } = wish;
  const at = (timestamp: number): Promise<readonly GroupOffset[]> => existing(session, partitions, timestamp);
  if (toOffset !== undefined)
    return withinLog(
      run,
      partitions.map(({ topic, partition }) => ({ topic, partition, offset: toOffset })),
    );
  if (parsed.has("to-earliest")) return at(OffsetTime.EARLIEST);
  if (parsed.has("to-latest")) return at(OffsetTime.LATEST);
  if (shiftBy !== undefined) return withinLog(run, await shifted(session, { groupId, partitions, shiftBy }));
  if (toDatetime !== undefined) return byTime(session, io, { partitions, timestamp: timestampOf(toDatetime) });
  if (byDuration !== undefined) return byTime(session, io, { partitions, timestamp: Math.floor(Date.now() - durationMs(byDuration)) });
  if (fromFile !== undefined) return planned(run, groupId, fromFile);
  if (parsed.has("to-current")) return current(session, groupId, partitions);
  throw noStrategy();
}

async function existing(session: Session, partitions: readonly TopicPartition[], timestamp: number): Promise<readonly GroupOffset[]> {
  const offsets = await offsetsAt(session, partitions, timestamp);
  return partitions.map(({ topic, partition }) => ({ topic, partition, offset: offsets.get(keyOf({ topic, partition })) ?? UNKNOWN_OFFSET }));
}

interface Shift {
  readonly groupId: string;
  readonly partitions: readonly TopicPartition[];
  readonly shiftBy: number;
}

async function shifted(session: Session, { groupId, partitions, shiftBy }: Shift): Promise<readonly GroupOffset[]> {
  const committed = await uncheckedAnswerOf(committedOffsets(session, groupId));
  return partitions.map(({ topic, partition }) => {
    const key = keyOf({ topic, partition });
    const before = committed.get(key);
    if (before === undefined) throw illegalArgument(`Cannot shift offset for partition ${key} since there is no current committed offset`);
    return { topic, partition, offset: before.offset + shiftBy };
  });
}

/** The first records that are not older; where there is none, the log's end. */
async function byTime(
  session: Session,
  io: ToolIo,
  { partitions, timestamp }: { readonly partitions: readonly TopicPartition[]; readonly timestamp: number },
): Promise<readonly GroupOffset[]> {
  const found = await existing(session, partitions, timestamp);
  const without = found.filter(({ offset }) => offset === UNKNOWN_OFFSET);
  for (const { topic, partition } of without) io.out(`\nWarn: Partition ${partition} from topic ${topic} is empty. Falling back to latest known offset.\n`);
  return [...found.filter(({ offset }) => offset !== UNKNOWN_OFFSET), ...(await existing(session, without, OffsetTime.LATEST))];
}

async function planned(run: Run, groupId: string, path: string): Promise<readonly GroupOffset[]> {
  const ofGroup = readResetPlan(path, run.parsed.valuesOf("group")).get(groupId);
  if (ofGroup !== undefined) return withinLog(run, [...new Map(ofGroup.map((each) => [keyOf(each), each])).values()]);
  run.io.out(errorLine(`No reset plan for group ${groupId} found`));
  return [];
}

/** Where nothing was committed, the log's end. */
async function current(session: Session, groupId: string, partitions: readonly TopicPartition[]): Promise<readonly GroupOffset[]> {
  const committed = await uncheckedAnswerOf(committedOffsets(session, groupId));
  const without = partitions.filter((each) => !committed.has(keyOf(each)));
  const there = partitions.flatMap((each) => committed.get(keyOf(each)) ?? []);
  return [...there, ...(await existing(session, without, OffsetTime.LATEST))];
}

/** No offset lies before the log's first one, or behind its end. */
async function withinLog({ session, io }: Run, wanted: readonly GroupOffset[]): Promise<readonly GroupOffset[]> {
  const [starts, ends] = await Promise.all([offsetsAt(session, wanted, OffsetTime.EARLIEST), offsetsAt(session, wanted, OffsetTime.LATEST)]);
  return wanted.map(({ topic, partition, offset }) => {
    const key = keyOf({ topic, partition });
    const [start = offset, end = offset] = [starts.get(key), ends.get(key)];
    if (offset > end) io.err(warning(`New offset (${offset}) is higher than latest offset for topic partition ${key}. Value will be set to ${end}`));
    else if (offset < start) io.err(warning(`New offset (${offset}) is lower than earliest offset for topic partition ${key}. Value will be set to ${start}`));
    return { topic, partition, offset: offset > end ? end : Math.max(offset, start) };
  });
}
