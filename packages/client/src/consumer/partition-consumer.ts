import { apis } from "@samsa/protocol";
import type { FetchPartitionData, FetchResponse } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs, ZERO_UUID } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";
import { hintOf } from "../cluster/leader-hint.ts";
import { earlier } from "../deadline.ts";
import { isStaleMetadataError } from "../errors.ts";
import { errorName, isRetriable } from "@samsa/protocol";
import { Assignment } from "./assignment.ts";
import type { ConsumerConfig } from "./consumer-config.ts";
import { isolationCode } from "./consumer-config.ts";
import type { ConsumerEvent, OffsetQuery } from "./consumer-event.ts";
import { fetchRequest, partitionResults, type FetchTarget } from "./fetch-request.ts";
import { readRecords } from "./fetched-records.ts";
import type { OffsetQuestion } from "./offset-lookup.ts";
import { OffsetLookup } from "./offset-lookup.ts";

const MAX_VERSION_WITH_NAMES = 12;

export type StartAt = OffsetQuery | { readonly offset: number };

/**
 * Reads partitions that the caller names, without a group. One fetch at a time to each leader, without a fetch session;
 * every batch's CRC is checked, and a bad one is never skipped. Synchronous: `takeEvents` gives what was read.
 */
export class PartitionConsumer {
  private readonly cluster: ClusterConnection;
  private readonly config: ConsumerConfig;
  private readonly backoff: Backoff;
  private readonly assignments = new Map<string, Assignment>();
  private readonly lookups = new Set<OffsetLookup>();
  private readonly busyBrokers = new Set<number>();
  private events: ConsumerEvent[] = [];

  constructor(options: { readonly cluster: ClusterConnection; readonly config: ConsumerConfig; readonly backoff: Backoff }) {
    this.cluster = options.cluster;
    this.config = options.config;
    this.backoff = options.backoff;
  }

  /** Begins to read the partition, or begins anew elsewhere. */
  assign(topic: string, partition: number, from: StartAt): void {
    this.cluster.want(topic);
    const assignment = new Assignment(topic, partition, typeof from === "string" ? { type: "locating" } : { type: "at", offset: from.offset });
    this.assignments.set(keyOf(topic, partition), assignment);
    if (typeof from === "string") this.locate(assignment, from, "assigned");
  }

  unassign(topic: string, partition: number): void {
    this.assignments.delete(keyOf(topic, partition));
  }

  /** Offset of the next record to be read; undefined while it is being looked up, and when the partition is not assigned. */
  positionOf(topic: string, partition: number): number | undefined {
    const position = this.assignments.get(keyOf(topic, partition))?.position;
    return position?.type === "at" ? position.offset : undefined;
  }

  /** Asks the leader; the answer is an `offset` event (or a fatal `error`). */
  queryOffset(topic: string, partition: number, query: OffsetQuery): void {
    this.cluster.want(topic);
    this.ask({ topic, partition, query, isolationLevel: isolationCode(this.config.isolationLevel) }, (result) => {
      if ("offset" in result) this.events.push({ type: "offset", topic, partition, query, offset: result.offset });
      else this.events.push({ type: "error", topic, partition, error: result.error, isFatal: true });
    });
  }

  takeEvents(): readonly ConsumerEvent[] {
    const { events } = this;
    if (events.length > 0) this.events = [];
    return events;
  }

  pump(now: Now): void {
    for (const lookup of this.lookups) {
      lookup.pump(this.cluster, this.backoff, now);
      if (lookup.isDone) this.lookups.delete(lookup);
    }
    if (this.events.length >= this.config.maxBufferedEvents || !this.isAnyDue(now)) return;
    for (const [broker, targets] of this.targetsByBroker(now)) this.fetch(broker, targets, now);
  }

  nextDeadline(now: Now): Micros | undefined {
    let at: Micros | undefined;
    for (const assignment of this.assignments.values()) at = earlier(at, assignment.nextDeadline(now));
    for (const lookup of this.lookups) at = earlier(at, lookup.nextDeadline(now));
    return at;
  }

  private ask(question: OffsetQuestion, done: ConstructorParameters<typeof OffsetLookup>[1]): void {
    this.lookups.add(new OffsetLookup(question, done));
  }

  private locate(assignment: Assignment, query: OffsetQuery, because: "assigned" | "OFFSET_OUT_OF_RANGE"): void {
    const { topic, partition } = assignment;
    assignment.position = { type: "locating" };
    this.ask({ topic, partition, query, isolationLevel: isolationCode(this.config.isolationLevel) }, (result) => {
      if (this.assignments.get(keyOf(topic, partition)) !== assignment) return;
      if (!("offset" in result)) return this.fail(assignment, result.error);
      assignment.position = { type: "at", offset: result.offset };
      this.events.push({ type: "position", topic, partition, offset: result.offset, because });
    });
  }

  /** Mostly every partition is being fetched already. */
  private isAnyDue(now: Now): boolean {
    for (const assignment of this.assignments.values()) if (assignment.isDue(now)) return true;
    return false;
  }

  private targetsByBroker(now: Now): ReadonlyMap<number, FetchTarget[]> {
    const byBroker = new Map<number, FetchTarget[]>();
    for (const assignment of this.assignments.values()) {
      if (assignment.position.type !== "at" || !assignment.isDue(now)) continue;
      const { topic, partition } = assignment;
      const leader = this.cluster.metadata.leaderOf(topic, partition);
      if (leader === undefined) {
        this.cluster.requestMetadata();
        continue;
      }
      const broker = this.preferredOf(assignment, now) ?? leader.leader;
      if (this.busyBrokers.has(broker) || !this.cluster.isReady(broker, now)) continue;
      const topicId = this.cluster.metadata.topicId(topic);
      const target = { assignment, offset: assignment.position.offset, leaderEpoch: leader.epoch, isPreferred: broker !== leader.leader, topicId };
      const targets = byBroker.get(broker);
      if (targets === undefined) byBroker.set(broker, [target]);
      else targets.push(target);
    }
    return byBroker;
  }

  /** The leader is asked again where the replica that it named is gone, or was named long ago: another one may be better by now. */
  private preferredOf(assignment: Assignment, now: Now): number | undefined {
    const { preferred } = assignment;
    if (preferred === undefined) return undefined;
    if (!this.isGone(preferred.broker) && now.monotonicUs < preferred.untilUs) return preferred.broker;
    assignment.preferred = undefined;
    return undefined;
  }

  private fetch(broker: number, targets: readonly FetchTarget[], now: Now): void {
    this.busyBrokers.add(broker);
    for (const { assignment } of targets) assignment.isFetching = true;
    const ended = (): void => {
      this.busyBrokers.delete(broker);
      for (const { assignment } of targets) assignment.isFetching = false;
    };
    this.cluster.send(
      broker,
      {
        api: apis.Fetch,
        request: () => fetchRequest(targets, this.config),
        ...(targets.every(({ topicId }) => topicId !== ZERO_UUID) ? {} : { maxVersion: MAX_VERSION_WITH_NAMES }),
        brokerWaitMs: this.config.fetchMaxWaitMs,
        answered: (response, at) => {
          ended();
          this.answered(targets, response, at);
        },
        failed: ({ error }, at) => {
          ended();
          for (const { assignment } of targets) {
            assignment.preferred = undefined;
            if (error === "UNSUPPORTED_VERSION") this.fail(assignment, error);
            else this.retryLater(assignment, error, at);
          }
        },
      },
      now,
    );
  }

  private answered(targets: readonly FetchTarget[], response: FetchResponse, now: Now): void {
    const results = partitionResults(targets, response);
    targets.forEach((target, index) => {
      const { assignment, offset } = target;
      // Assigned anew, or unassigned, while the response was on its way.
      if (this.assignments.get(keyOf(assignment.topic, assignment.partition)) !== assignment) return;
      if (assignment.position.type !== "at" || assignment.position.offset !== offset) return;
      const result = results[index];
      if (response.errorCode !== 0) this.retryLater(assignment, errorName(response.errorCode), now);
      else if (result === undefined) this.retryLater(assignment, "MALFORMED_RESPONSE", now);
      else if (result.errorCode === 0) this.accept(target, result, now);
      else this.refused(target, result, { response, now });
    });
  }

  private accept({ assignment, offset }: FetchTarget, result: FetchPartitionData, now: Now): void {
    const { topic, partition } = assignment;
    const read = readRecords(result, { offset, isReadCommitted: this.config.isolationLevel === "read_committed" });
    if (read.records.length > 0) this.events.push({ type: "records", topic, partition, records: read.records, highWatermark: result.highWatermark });
    assignment.position = { type: "at", offset: read.nextOffset };
    if (read.error !== undefined) return this.retryLater(assignment, read.error, now);
    const preferred = result.preferredReadReplica;
    // One that is gone is asked for again after a back-off: the leader would name it again at once.
    if (preferred >= 0 && this.isGone(preferred)) return this.retryLater(assignment, "REPLICA_NOT_AVAILABLE", now);
    if (preferred >= 0) assignment.preferred = { broker: preferred, untilUs: afterMs(now, this.config.metadataMaxAgeMs) };
    assignment.failures = 0;
    assignment.notBefore = undefined;
  }

  /** No metadata name it any more, also where its old connection is still there, or it can't be reached. */
  private isGone(broker: number): boolean {
    return !this.cluster.metadata.brokers.has(broker) || this.cluster.isUnreachable(broker);
  }

  private refused(
    { assignment, isPreferred }: FetchTarget,
    result: FetchPartitionData,
    { response, now }: { readonly response: FetchResponse; readonly now: Now },
  ): void {
    const error = errorName(result.errorCode);
    // What a follower does not have the leader may have: it is the one to ask before anything is given up.
    if (isPreferred && error !== "OFFSET_NOT_AVAILABLE") assignment.preferred = undefined;
    if (isPreferred && error === "OFFSET_OUT_OF_RANGE") return this.retryLater(assignment, error, now);
    if (error === "OFFSET_OUT_OF_RANGE") return this.reset(assignment);
    if (!isRetriable(result.errorCode) && !isStaleMetadataError(error)) return this.fail(assignment, error);
    if (this.cluster.applyHint(hintOf(assignment, result.currentLeader, response.nodeEndpoints), now)) return;
    this.retryLater(assignment, error, now);
  }

  private reset(assignment: Assignment): void {
    const { autoOffsetReset } = this.config;
    if (autoOffsetReset === "none") return this.fail(assignment, "OFFSET_OUT_OF_RANGE");
    this.locate(assignment, autoOffsetReset, "OFFSET_OUT_OF_RANGE");
  }

  private retryLater(assignment: Assignment, error: string, now: Now): void {
    if (isStaleMetadataError(error)) this.cluster.requestMetadata();
    assignment.failures++;
    assignment.notBefore = afterMs(now, this.backoff.delayMs(assignment.failures));
    this.events.push({ type: "error", topic: assignment.topic, partition: assignment.partition, error, isFatal: false });
  }

  private fail(assignment: Assignment, error: string): void {
    assignment.position = { type: "failed" };
    this.events.push({ type: "error", topic: assignment.topic, partition: assignment.partition, error, isFatal: true });
  }
}

const keyOf = (topic: string, partition: number): string => `${topic}-${partition}`;
