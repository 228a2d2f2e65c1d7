import type { ApiName } from "@samsa/protocol";
import { errorName, isRetriable } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";
import type { Call } from "../cluster/call.ts";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";
import { stillToCome } from "../deadline.ts";
import { isStaleMetadataError, isUnsendable } from "../errors.ts";

/** What one attempt brought: undefined where the response says nothing of the partition. */
export type LeaderAnswer<T> = { readonly value: T } | { readonly errorCode: number } | undefined;

export type LookupResult<T> = { readonly value: T; readonly leaderEpoch: number } | { readonly error: string };

/** Something that only the leader of a partition knows. */
export interface LeaderQuestion<T, N extends ApiName> {
  readonly topic: string;
  readonly partition: number;
  /** One attempt, of whoever leads in this epoch. */
  call(leaderEpoch: number): Omit<Call<N>, "answered" | "failed"> & { readOf(response: Parameters<Call<N>["answered"]>[0]): LeaderAnswer<T> };
}

/** One that is under way, whatever it asks. */
export interface Lookup {
  readonly isDone: boolean;
  /** Nobody waits for it any more: nothing is told of it. */
  cancel(): void;
  pump(cluster: ClusterConnection, backoff: Backoff, now: Now): void;
  nextDeadline(now: Now): Micros | undefined;
}

/**
 * Asks the leader of one partition until it answers.
 *
 * | state | on | to |
 * |---|---|---|
 * | waiting | the leader is known and ready, the back-off is over | asking |
 * | asking | an error that may pass | waiting |
 * | asking | an answer, any other error | done |
 * | any | cancel | done, of which nothing is told |
 */
export class LeaderLookup<T, N extends ApiName> implements Lookup {
  private readonly question: LeaderQuestion<T, N>;
  private readonly done: (result: LookupResult<T>, now: Now) => void;
  private state: "waiting" | "asking" | "done" = "waiting";
  private failures = 0;
  private notBefore: Micros | undefined;

  constructor(question: LeaderQuestion<T, N>, done: LeaderLookup<T, N>["done"]) {
    this.question = question;
    this.done = done;
  }

  get isDone(): boolean {
    return this.state === "done";
  }

  cancel(): void {
    this.state = "done";
  }

  pump(cluster: ClusterConnection, backoff: Backoff, now: Now): void {
    if (this.state !== "waiting" || (this.notBefore ?? 0) > now.monotonicUs) return;
    const { topic, partition } = this.question;
    const leader = cluster.metadata.leaderOf(topic, partition);
    if (leader === undefined) return cluster.requestMetadata();
    if (!cluster.isReady(leader.leader, now)) return;
    this.state = "asking";
    const { readOf, ...attempt } = this.question.call(leader.epoch);
    const retry = (error: string, at: Now): void => {
      if (isStaleMetadataError(error)) cluster.requestMetadata();
      this.failures++;
      this.state = "waiting";
      this.notBefore = afterMs(at, backoff.delayMs(this.failures));
    };
    const call: Call<N> = {
      ...attempt,
      answered: (response, at) => {
        if (this.state !== "asking") return;
        const answer = readOf(response);
        if (answer === undefined) return retry("MALFORMED_RESPONSE", at);
        if ("value" in answer) return this.finish({ value: answer.value, leaderEpoch: leader.epoch }, at);
        const error = errorName(answer.errorCode);
        if (isRetriable(answer.errorCode) || isStaleMetadataError(error)) return retry(error, at);
        this.finish({ error }, at);
      },
      failed: ({ error }, at) => {
        if (this.state !== "asking") return;
        if (isUnsendable(error)) this.finish({ error }, at);
        else retry(error, at);
      },
    };
    cluster.send(leader.leader, call, now);
  }

  nextDeadline(now: Now): Micros | undefined {
    return this.state === "waiting" ? stillToCome(this.notBefore, now) : undefined;
  }

  private finish(result: LookupResult<T>, now: Now): void {
    this.state = "done";
    this.done(result, now);
  }
}
