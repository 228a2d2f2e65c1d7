import { apis, ErrorCode } from "@samsa/protocol";
import { BASE_SEQUENCE_AT, BATCH_OVERHEAD, countOf, endOfBatch, PRODUCER_ID_AT, producerIdOf } from "@samsa/protocol/records";
import { equalBytes, ZERO_UUID } from "@samsa/stdx";
import { isSilent } from "./expectation.ts";
import type { Outcome } from "./answered-case.ts";
import type { Round } from "./judge.ts";
import type { Values } from "./message-writer.ts";
import { Permissions } from "./permissions.ts";
import { type ClusterView, endKey, type FuzzTarget } from "./target.ts";

export interface LogsRound {
  readonly round: Round;
  readonly outcomes: readonly Outcome[];
  readonly target: FuzzTarget;
}

/** A batch that a request carried for a partition, and what was said of it. */
interface Sent {
  readonly topicId: string;
  readonly partition: number;
  readonly batch: Uint8Array;
  /** Undefined: there was no answer, or an error. */
  readonly baseOffset: number | undefined;
  readonly isUnknown: boolean;
  readonly errorCode: unknown;
}

const describeSent = (sent: readonly Sent[]): string =>
  JSON.stringify(
    sent.map(({ batch, baseOffset, errorCode, isUnknown }) => [batch.length >= BATCH_OVERHEAD ? countOf(batch) : -1, baseOffset, errorCode, isUnknown]),
  );

const FETCH_VERSION = 12;
/** Errors that come after the leader has appended. */
const MAY_BE_APPENDED: readonly number[] = [ErrorCode.REQUEST_TIMED_OUT, ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND];
/** Of the batch: base offset, leader epoch, and what a broker may correct. */
const isSameBatch = (a: Uint8Array, b: Uint8Array): boolean =>
  equalBytes(a.subarray(PRODUCER_ID_AT, BASE_SEQUENCE_AT + 4), b.subarray(PRODUCER_ID_AT, BASE_SEQUENCE_AT + 4)) &&
  equalBytes(a.subarray(BATCH_OVERHEAD), b.subarray(BATCH_OVERHEAD));

/** Logs grew by what was acknowledged and by nothing else, and what was acknowledged can be read. */
export async function judgeLogs({ round: { before, after }, outcomes, target }: LogsRound): Promise<readonly string[]> {
  const sent = outcomes.flatMap((outcome) => batchesOf(outcome, after));
  const problems: string[] = [];
  // What was acknowledged to a topic that has gone since, and may be there again, is gone with it.
  const deletions = new Permissions(outcomes.filter(({ asked }) => asked.api.name === "DeleteTopics"));
  // So are records that were deleted from the log's start on.
  const truncations = new Permissions(outcomes.filter(({ asked }) => asked.api.name === "DeleteRecords"));
  const namesBefore = new Map([...before.topics].map(([id, { name }]) => [name, id]));
  const kept = [...after.ends].filter(([key]) => {
    const id = key.slice(0, key.lastIndexOf(":"));
    const name = after.topics.get(id)?.name ?? id;
    return !deletions.allows(id, name) && (namesBefore.get(name) ?? id) === id;
  });
  for (const [key, end] of kept) {
    const start = before.ends.get(key) ?? 0;
    const here = sent.filter(({ topicId, partition }) => endKey(topicId, partition) === key);
    problems.push(...growthProblems(key, { start, end }, here));
    const isTruncated = truncations.allows(after.topics.get(key.slice(0, key.lastIndexOf(":")))?.name ?? "");
    if (!isTruncated)
      for (const one of here) if (one.baseOffset !== undefined && one.baseOffset >= start) problems.push(...(await readProblems(one, after, target)));
  }
  return problems;
}

function growthProblems(key: string, { start, end }: { readonly start: number; readonly end: number }, sent: readonly Sent[]): string[] {
  const acknowledged = sent.filter(({ baseOffset }) => baseOffset !== undefined && baseOffset >= start);
  const old = sent.find(({ baseOffset, batch }) => baseOffset !== undefined && baseOffset < start && producerIdOf(batch) < 0);
  const growth = acknowledged.reduce((sum, { batch }) => sum + countOf(batch), 0);
  // An answer to a duplicate names the first one's offset again.
  const repeated = acknowledged.length - new Set(acknowledged.map(({ baseOffset }) => baseOffset)).size;
  const unknown = sent
    .filter(({ isUnknown }) => isUnknown)
    .reduce((sum, { batch }) => sum + (batch.length >= BATCH_OVERHEAD ? Math.max(0, countOf(batch)) : 0), 0);
  const surplus = end - start - growth;
  const problems: string[] = [];
  if (old !== undefined) problems.push(`${key}: a batch was given offset ${old.baseOffset}, below the end ${start}`);
  if (surplus > unknown) problems.push(`${key} grew from ${start} to ${end}, by ${surplus - unknown} more than was acknowledged: ${describeSent(sent)}`);
  if (surplus < 0 && repeated === 0) problems.push(`${key} grew from ${start} to ${end}, and ${growth} records were acknowledged`);
  return problems;
}

function batchesOf({ asked: { api, request, ...asked }, answer }: Outcome, view: ClusterView): Sent[] {
  if (api.key !== apis.Produce.key) return [];
  const { topicData } = request as { readonly topicData: readonly Values[] };
  const responses = (answer?.["responses"] ?? []) as readonly Values[];
  return topicData.flatMap((topic, topicIndex) => {
    const topicId = topic["topicId"] === ZERO_UUID ? idOf(view, String(topic["name"])) : String(topic["topicId"]);
    const answered = (responses[topicIndex]?.["partitionResponses"] ?? []) as readonly Values[];
    return (topic["partitionData"] as readonly Values[]).flatMap(({ index, records }, position): Sent[] => {
      if (!(records instanceof Uint8Array) || topicId === undefined) return [];
      const { errorCode, baseOffset } = answered[position] ?? {};
      return [
        {
          topicId,
          partition: Number(index),
          batch: records,
          baseOffset: errorCode === 0 ? Number(baseOffset) : undefined,
          errorCode,
          isUnknown: answer === undefined || MAY_BE_APPENDED.includes(Number(errorCode)) || isSilent({ api, request, ...asked }),
        },
      ];
    });
  });
}

const idOf = (view: ClusterView, name: string): string | undefined => [...view.topics].find(([, topic]) => topic.name === name)?.[0];

async function readProblems({ topicId, partition, batch, baseOffset = 0 }: Sent, view: ClusterView, target: FuzzTarget): Promise<readonly string[]> {
  const topic = view.topics.get(topicId);
  // A policy may have changed what is stored.
  if (topic === undefined || !topic.keepsBatches) return [];
  const records = await fetchAt(target, { topic: topic.name, partition, offset: baseOffset });
  const where = `${topic.name}-${partition} at ${baseOffset}`;
  if (records.length === 0) return [`${where}: an acknowledged batch can't be read`];
  const stored = records.subarray(0, endOfBatch(records, 0));
  return isSameBatch(stored, batch) ? [] : [`${where}: what is read is not what was acknowledged`];
}

async function fetchAt(target: FuzzTarget, at: { readonly topic: string; readonly partition: number; readonly offset: number }): Promise<Uint8Array> {
  const answer = await target.call("Fetch", FETCH_VERSION, {
    clusterId: null,
    replicaId: -1,
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1_000_000,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        topic: at.topic,
        topicId: ZERO_UUID,
        partitions: [
          {
            partition: at.partition,
            currentLeaderEpoch: -1,
            fetchOffset: at.offset,
            lastFetchedEpoch: -1,
            logStartOffset: -1,
            partitionMaxBytes: 1,
            replicaDirectoryId: ZERO_UUID,
            highWatermark: Number.MAX_SAFE_INTEGER,
          },
        ],
      },
    ],
    forgottenTopicsData: [],
    rackId: "",
  });
  const records: unknown = answer.responses[0]?.partitions[0]?.records;
  return records instanceof Uint8Array ? records : new Uint8Array(0);
}
