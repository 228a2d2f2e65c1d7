import { type ApiCodec, type ApiInputs, type ApiMessages, type ApiName, errorName, isRetriable } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";
import type { Call, CallFailure } from "../cluster/call.ts";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";
import { earlier, stillToCome } from "../deadline.ts";
import { isUnsendable } from "../errors.ts";
import { CoordinatorLookup } from "../group/coordinator-lookup.ts";
import { type RequestTarget, routeTo } from "./request-target.ts";

/** One request of any kind. */
export interface RequestQuestion<N extends ApiName> {
  readonly api: ApiCodec<N>;
  /** Built anew for each attempt, for the version that was agreed upon. */
  readonly request: (version: number) => ApiInputs[N]["request"];
  readonly target: RequestTarget;
  /** Lowest and highest version that this question can do with, if the codec knows more. */
  readonly minVersion?: number;
  readonly maxVersion?: number;
  /** How long the broker itself may wait, on top of the request time-out. */
  readonly brokerWaitMs?: number;
  /** The error that speaks for the whole answer: one that may pass has the question asked again. 0, and any other: the answer is taken as it is. */
  readonly errorOf?: (response: ApiMessages[N]["response"], version: number) => number;
  /** For all attempts (`default.api.timeout.ms`); each of them is bounded by the client's request time-out besides. */
  readonly timeoutMs: number;
}

export type RequestOutcome<N extends ApiName> =
  | { readonly type: "answered"; readonly response: ApiMessages[N]["response"]; readonly version: number }
  /** Nothing was sent, and nothing would be another time: no version in common, what can't be written, or no coordinator for such a group. */
  | { readonly type: "refused"; readonly error: string; readonly detail: string }
  /** `attempts`: 0 where nobody could be asked. The last attempts may have been acted upon. */
  | { readonly type: "timed-out"; readonly attempts: number; readonly lastError: string | undefined };

/**
 * | step | on | to |
 * |---|---|---|
 * | waiting | who is to be asked can be asked, the back-off is over | asking |
 * | asking | an answer, or one that no attempt will make better | over |
 * | asking | an error that may pass, no answer | waiting (back-off) |
 * | waiting, asking | the time-out | over |
 */
interface Pending {
  readonly target: RequestTarget;
  readonly deadline: Micros;
  readonly release: () => void;
  readonly send: (broker: number, now: Now) => void;
  readonly refuse: (error: string, now: Now) => void;
  readonly timeOut: (now: Now) => void;
  isAsking: boolean;
  attempts: number;
  failures: number;
  notBefore: Micros | undefined;
  lastError: string | undefined;
}

/** Requests from outside: each has one outcome, and is asked again until it has one, or its time is over. */
export class Requests {
  private readonly cluster: ClusterConnection;
  private readonly backoffFor: (part: string) => Backoff;
  private readonly backoff: Backoff;
  private readonly pending = new Set<Pending>();
  private readonly coordinators = new Map<string, CoordinatorLookup>();

  constructor(options: { readonly cluster: ClusterConnection; readonly backoffFor: (part: string) => Backoff }) {
    this.cluster = options.cluster;
    this.backoffFor = options.backoffFor;
    this.backoff = options.backoffFor("requests");
  }

  ask<N extends ApiName>(question: RequestQuestion<N>, done: (outcome: RequestOutcome<N>, now: Now) => void, now: Now): void {
    const { target } = question;
    const pending: Pending = {
      target,
      deadline: afterMs(now, question.timeoutMs),
      release: target.type === "leader" ? this.cluster.wantAwhile([target.topic]) : () => undefined,
      send: (broker, at) => this.cluster.send(broker, callOf(question, { pending, answered, failed }), at),
      refuse: (error, at) => end({ type: "refused", error, detail: error }, at),
      timeOut: (at) => end({ type: "timed-out", attempts: pending.attempts, lastError: pending.lastError }, at),
      isAsking: false,
      attempts: 0,
      failures: 0,
      notBefore: undefined,
      lastError: undefined,
    };
    const end = (outcome: RequestOutcome<N>, at: Now): void => {
      if (!this.pending.delete(pending)) return;
      pending.release();
      done(outcome, at);
    };
    const answered = (response: ApiMessages[N]["response"], at: Now, version: number): void => {
      const code = question.errorOf?.(response, version) ?? 0;
      if (isRetriable(code)) return this.retry(pending, errorName(code), at);
      if (target.type === "group") this.lookup(target.groupId).heard();
      end({ type: "answered", response, version }, at);
    };
    const failed = ({ error, detail }: CallFailure, at: Now): void => {
      if (isUnsendable(error)) end({ type: "refused", error, detail }, at);
      else this.retry(pending, error, at);
    };
    this.pending.add(pending);
    // What was refused once may be granted now.
    if (target.type === "group" && this.coordinators.get(target.groupId)?.refusal !== undefined) this.coordinators.delete(target.groupId);
  }

  pump(now: Now): void {
    for (const pending of this.pending) {
      if (pending.deadline <= now.monotonicUs) pending.timeOut(now);
      else if (!pending.isAsking && (pending.notBefore ?? 0) <= now.monotonicUs) this.tryToSend(pending, now);
    }
    for (const coordinator of this.coordinators.values()) coordinator.pump(now);
  }

  nextDeadline(now: Now): Micros | undefined {
    let at: Micros | undefined;
    for (const { deadline, notBefore } of this.pending) at = earlier(at, earlier(deadline, stillToCome(notBefore, now)));
    for (const coordinator of this.coordinators.values()) at = earlier(at, coordinator.nextDeadline(now));
    return at;
  }

  private tryToSend(pending: Pending, now: Now): void {
    const { target } = pending;
    const coordinator = target.type === "group" ? this.lookup(target.groupId) : undefined;
    if (coordinator?.refusal !== undefined) return pending.refuse(coordinator.refusal, now);
    const broker = target.type === "group" ? coordinator?.ready(now) : routeTo(this.cluster, target, now);
    if (broker === undefined) return;
    pending.isAsking = true;
    pending.attempts++;
    pending.send(broker, now);
  }

  private retry(pending: Pending, error: string, now: Now): void {
    if (!this.pending.has(pending)) return;
    const { target } = pending;
    pending.lastError = error;
    pending.failures++;
    pending.notBefore = afterMs(now, this.backoff.delayMs(pending.failures));
    // Whoever was asked may be the wrong one by now.
    if (target.type === "group") this.lookup(target.groupId).lost(now);
    else if (target.type !== "any") this.cluster.requestMetadata();
  }

  private lookup(groupId: string): CoordinatorLookup {
    const known = this.coordinators.get(groupId);
    if (known !== undefined) return known;
    const { cluster } = this;
    const created = new CoordinatorLookup({ cluster, backoff: this.backoffFor(`coordinator of ${groupId}`), groupId, isShared: true });
    this.coordinators.set(groupId, created);
    return created;
  }
}

interface Attempt<N extends ApiName> {
  readonly pending: Pending;
  answered(response: ApiMessages[N]["response"], now: Now, version: number): void;
  failed(failure: CallFailure, now: Now): void;
}

function callOf<N extends ApiName>(question: RequestQuestion<N>, { pending, answered, failed }: Attempt<N>): Call<N> {
  const { api, request, minVersion, maxVersion, brokerWaitMs } = question;
  return {
    api,
    request,
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
    ...(brokerWaitMs === undefined ? {} : { brokerWaitMs }),
    answered: (response, now, version) => {
      pending.isAsking = false;
      answered(response, now, version);
    },
    failed: (failure, now) => {
      pending.isAsking = false;
      failed(failure, now);
    },
  };
}
