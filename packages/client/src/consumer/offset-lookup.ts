import { apis } from "@samsa/protocol";
import { newListOffsetsPartition, newListOffsetsRequest, newListOffsetsTopic } from "@samsa/protocol";
import type { ListOffsetsRequest, ListOffsetsResponse } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";
import { stillToCome } from "../deadline.ts";
import { isStaleMetadataError } from "../errors.ts";
import { errorName, isRetriable } from "@samsa/protocol";
import type { OffsetQuery } from "./consumer-event.ts";

const TIMESTAMPS: Readonly<Record<OffsetQuery, number>> = { latest: -1, earliest: -2 };

export interface OffsetQuestion {
  readonly topic: string;
  readonly partition: number;
  readonly query: OffsetQuery;
  /** 0 read uncommitted, 1 read committed. */
  readonly isolationLevel: number;
}

/**
 * Asks the leader for one offset until it answers.
 *
 * | state | on | to |
 * |---|---|---|
 * | waiting | the leader is known and ready, the back-off is over | asking |
 * | asking | an error that may pass | waiting |
 * | asking | an offset, any other error | done |
 */
export class OffsetLookup {
  readonly question: OffsetQuestion;
  private readonly done: (result: { readonly offset: number } | { readonly error: string }, now: Now) => void;
  private state: "waiting" | "asking" | "done" = "waiting";
  private failures = 0;
  private notBefore: Micros | undefined;

  constructor(question: OffsetQuestion, done: OffsetLookup["done"]) {
    this.question = question;
    this.done = done;
  }

  get isDone(): boolean {
    return this.state === "done";
  }

  pump(cluster: ClusterConnection, backoff: Backoff, now: Now): void {
    if (this.state !== "waiting" || (this.notBefore ?? 0) > now.monotonicUs) return;
    const { topic, partition } = this.question;
    const leader = cluster.metadata.leaderOf(topic, partition);
    if (leader === undefined) return cluster.requestMetadata();
    if (!cluster.isReady(leader.leader, now)) return;
    this.state = "asking";
    const retry = (error: string, at: Now): void => {
      if (isStaleMetadataError(error)) cluster.requestMetadata();
      this.failures++;
      this.state = "waiting";
      this.notBefore = afterMs(at, backoff.delayMs(this.failures));
    };
    const call = {
      api: apis.ListOffsets,
      // Version 1 can't say an isolation level.
      minVersion: 2,
      request: () => this.request(leader.epoch),
      answered: (response: ListOffsetsResponse, at: Now) => this.answered(response, retry, at),
      failed: ({ error }: { readonly error: string }, at: Now) => (error === "UNSUPPORTED_VERSION" ? this.finish({ error }, at) : retry(error, at)),
    };
    cluster.send(leader.leader, call, now);
  }

  nextDeadline(now: Now): Micros | undefined {
    return this.state === "waiting" ? stillToCome(this.notBefore, now) : undefined;
  }

  private request(currentLeaderEpoch: number): ListOffsetsRequest {
    const { topic, partition, query, isolationLevel } = this.question;
    const partitions = [newListOffsetsPartition({ partitionIndex: partition, currentLeaderEpoch, timestamp: TIMESTAMPS[query] })];
    return newListOffsetsRequest({ replicaId: -1, isolationLevel, topics: [newListOffsetsTopic({ name: topic, partitions })] });
  }

  private answered(response: ListOffsetsResponse, retry: (error: string, now: Now) => void, now: Now): void {
    const { topic, partition } = this.question;
    const result = response.topics.find(({ name }) => name === topic)?.partitions.find(({ partitionIndex }) => partitionIndex === partition);
    if (result === undefined) return retry("MALFORMED_RESPONSE", now);
    if (result.errorCode === 0) return this.finish({ offset: result.offset }, now);
    if (isRetriable(result.errorCode)) return retry(errorName(result.errorCode), now);
    this.finish({ error: errorName(result.errorCode) }, now);
  }

  private finish(result: { readonly offset: number } | { readonly error: string }, now: Now): void {
    this.state = "done";
    this.done(result, now);
  }
}
