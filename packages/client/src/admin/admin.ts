import { apis, newCreatableTopic, newCreatableTopicConfig, newCreateTopicsRequest } from "@samsa/protocol";
import type { CreateTopicsRequest, CreateTopicsResponse } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";
import type { Call } from "../cluster/call.ts";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";
import { earlier, stillToCome } from "../deadline.ts";
import { isUnsendable } from "../errors.ts";
import { routeTo } from "../request/request-target.ts";
import { callOfDeletion, type RecordDeletion, type RecordDeletionOutcome } from "./record-deletion.ts";
import { errorName, isRetriable } from "@samsa/protocol";

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  /** −1: the broker's default. */
  readonly replicationFactor: number;
  readonly configs?: Readonly<Record<string, string>>;
}

export interface CreateTopicOptions {
  /** How long to try, and then to wait for leaders. */
  readonly timeoutMs: number;
  /** The topic may be there already. */
  readonly isExistingOk?: boolean;
}

export type AdminEvent =
  /** The topic exists and every partition has a leader. */
  | { readonly type: "topic-ready"; readonly topic: string; readonly wasCreated: boolean }
  | { readonly type: "topic-failed"; readonly topic: string; readonly error: string; readonly detail: string };

/**
 * | step | on | to |
 * |---|---|---|
 * | creating | the answer, or it exists | awaiting leaders |
 * | creating | an error that may pass | creating (back-off) |
 * | creating | any other error, the time-out | failed |
 * | awaiting leaders | metadata with a leader of every partition | ready |
 * | awaiting leaders | the time-out | failed |
 */
interface Creation {
  readonly topic: NewTopic;
  readonly options: CreateTopicOptions;
  readonly deadline: Micros;
  step: "creating" | "awaiting leaders";
  isAsking: boolean;
  wasCreated: boolean;
  /** An attempt without an answer may have created the topic: then "exists" is our own doing. */
  mayHaveCreated: boolean;
  failures: number;
  notBefore: Micros | undefined;
  lastError: string;
}

/** Brokers that are still registering, and no active controller, look like these for a while after a start. */
const PASSES_WHILE_STARTING: ReadonlySet<string> = new Set(["INVALID_REPLICATION_FACTOR", "NOT_CONTROLLER", "BROKER_NOT_AVAILABLE"]);

/** Deletes records; creates topics, with patience: a cluster that is starting has no controller yet, and then too few brokers. */
export class Admin {
  private readonly cluster: ClusterConnection;
  private readonly backoff: Backoff;
  private readonly requestTimeoutMs: number;
  private readonly creations = new Map<string, Creation>();
  private events: AdminEvent[] = [];

  constructor(options: { readonly cluster: ClusterConnection; readonly backoff: Backoff; readonly requestTimeoutMs: number }) {
    this.cluster = options.cluster;
    this.backoff = options.backoff;
    this.requestTimeoutMs = options.requestTimeoutMs;
  }

  createTopic(topic: NewTopic, options: CreateTopicOptions, now: Now): void {
    this.creations.set(topic.name, {
      topic,
      options,
      deadline: afterMs(now, options.timeoutMs),
      step: "creating",
      isAsking: false,
      wasCreated: false,
      mayHaveCreated: false,
      failures: 0,
      notBefore: undefined,
      lastError: "REQUEST_TIMED_OUT",
    });
  }

  /** Asks the leader, once. False: it is not known, or can't be asked now; the metadata are asked for, or connecting has begun. */
  deleteRecords(deletion: RecordDeletion, done: (outcome: RecordDeletionOutcome, now: Now) => void, now: Now): boolean {
    const { topic, partition } = deletion;
    this.cluster.want(topic);
    const leader = routeTo(this.cluster, { type: "leader", topic, partition }, now);
    if (leader === undefined) return false;
    const call = callOfDeletion(deletion, (outcome, at) => {
      if (outcome.type === "failed") this.cluster.requestMetadata();
      done(outcome, at);
    });
    this.cluster.send(leader, call, now);
    return true;
  }

  takeEvents(): readonly AdminEvent[] {
    const { events } = this;
    if (events.length > 0) this.events = [];
    return events;
  }

  pump(now: Now): void {
    for (const creation of this.creations.values()) {
      if (creation.deadline <= now.monotonicUs) this.fail(creation, creation.lastError, `not done within ${creation.options.timeoutMs} ms (${creation.step})`);
      else if (creation.step === "awaiting leaders") this.awaitLeaders(creation);
      else if (!creation.isAsking && (creation.notBefore ?? 0) <= now.monotonicUs) this.ask(creation, now);
    }
  }

  nextDeadline(now: Now): Micros | undefined {
    let at: Micros | undefined;
    for (const { deadline, notBefore } of this.creations.values()) at = earlier(at, earlier(deadline, stillToCome(notBefore, now)));
    return at;
  }

  private ask(creation: Creation, now: Now): void {
    const broker = routeTo(this.cluster, { type: "controller" }, now);
    if (broker === undefined) return;
    creation.isAsking = true;
    this.cluster.send(broker, this.callOf(creation), now);
  }

  private callOf(creation: Creation): Call<"CreateTopics"> {
    return {
      api: apis.CreateTopics,
      request: () => requestOf(creation.topic, this.requestTimeoutMs),
      answered: (response, now) => {
        creation.isAsking = false;
        if (this.creations.get(creation.topic.name) === creation) this.answered(creation, response, now);
      },
      failed: ({ error, detail }, now) => {
        creation.isAsking = false;
        if (this.creations.get(creation.topic.name) !== creation) return;
        if (isUnsendable(error)) return this.fail(creation, error, detail);
        creation.mayHaveCreated = true;
        this.retry(creation, error, now);
      },
    };
  }

  private answered(creation: Creation, response: CreateTopicsResponse, now: Now): void {
    const result = response.topics.find(({ name }) => name === creation.topic.name);
    const error = result === undefined ? "MALFORMED_RESPONSE" : errorName(result.errorCode);
    const isThere = error === "TOPIC_ALREADY_EXISTS" && (creation.mayHaveCreated || creation.options.isExistingOk === true);
    if (error === "NONE" || isThere) {
      creation.wasCreated = error === "NONE" || creation.mayHaveCreated;
      creation.step = "awaiting leaders";
      this.cluster.want(creation.topic.name);
      this.cluster.requestMetadata();
    } else if (result !== undefined && !isRetriable(result.errorCode) && !PASSES_WHILE_STARTING.has(error)) {
      this.fail(creation, error, result.errorMessage ?? error);
    } else {
      if (error === "REQUEST_TIMED_OUT" || error === "MALFORMED_RESPONSE") creation.mayHaveCreated = true;
      if (error === "NOT_CONTROLLER") this.cluster.requestMetadata();
      this.retry(creation, error, now);
    }
  }

  private awaitLeaders(creation: Creation): void {
    const { name, partitions } = creation.topic;
    const known = this.cluster.metadata.topic(name)?.partitions.size ?? 0;
    for (let partition = 0; partition < Math.max(partitions, known); partition++) if (this.cluster.metadata.leaderOf(name, partition) === undefined) return;
    if (known === 0) return;
    this.creations.delete(name);
    this.events.push({ type: "topic-ready", topic: name, wasCreated: creation.wasCreated });
  }

  private retry(creation: Creation, error: string, now: Now): void {
    creation.lastError = error;
    creation.failures++;
    creation.notBefore = afterMs(now, this.backoff.delayMs(creation.failures));
  }

  private fail({ topic }: Creation, error: string, detail: string): void {
    this.creations.delete(topic.name);
    this.events.push({ type: "topic-failed", topic: topic.name, error, detail });
  }
}

function requestOf({ name, partitions, replicationFactor, configs }: NewTopic, timeoutMs: number): CreateTopicsRequest {
  const entries = Object.entries(configs ?? {}).map(([key, value]) => newCreatableTopicConfig({ name: key, value }));
  return newCreateTopicsRequest({ topics: [newCreatableTopic({ name, numPartitions: partitions, replicationFactor, configs: entries })], timeoutMs });
}
