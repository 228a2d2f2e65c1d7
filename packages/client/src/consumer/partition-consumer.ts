import { apis, errorName, type FetchPartitionData, type FetchResponse, isRetriable } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs, type Uuid, ZERO_UUID } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";
import { hintOf } from "../cluster/leader-hint.ts";
import { earlier } from "../deadline.ts";
import { isStaleMetadataError, isUnsendable } from "../errors.ts";
import { areOtherTopics, Assignment, NO_EPOCH, type Place } from "./assignment.ts";
import { type ConsumerConfig, isolationCode } from "./consumer-config.ts";
import type { ConsumerEvent, OffsetQuery, PositionReason } from "./consumer-event.ts";
import { EventBuffer } from "./event-buffer.ts";
import { epochEndQuestion, type EpochEnd, verdictOn } from "./epoch-end-lookup.ts";
import { fetchRequest, partitionResults, type FetchTarget } from "./fetch-request.ts";
import { readRecords } from "./fetched-records.ts";
import { LeaderLookup, type Lookup } from "./leader-lookup.ts";
import { offsetQuestion } from "./offset-lookup.ts";
import { OffsetQueries } from "./offset-queries.ts";

const MAX_VERSION_WITH_NAMES = 12;
/**
 * Of one partition that nobody takes. Not one alone: what has just come can't be taken before the next fetch leaves, and that one is not to leave without
 * the partition, for it may wait at the broker for long.
 */
const MAX_UNTAKEN_RESPONSES = 2;

/**
 * So often, with pauses in between, the metadata may name a leader that is older than what was read: some 17 s, longer than a broker that is cut off is
 * taken for a leader. After that it is the epoch of the position that is wrong, and whoever leads is asked.
 */
const OLDER_LEADERS_MAX = 20;

/**
 * `leaderEpoch`: of the record before the offset, by which a log is recognised that has lost it since (KIP-320); without it that is not looked for.
 * `topicId`: in which topic the offset is one, for a name that another may have by now; without it, or with the zero id, that is not looked for.
 */
export type StartAt = "earliest" | "latest" | { readonly offset: number; readonly leaderEpoch?: number; readonly topicId?: Uuid };

/**
 * Reads partitions that the caller names, without a group. One fetch at a time to each leader, without a fetch session;
 * every batch's CRC is checked, and a bad one is never skipped. In a new leader epoch nothing is read until the leader has
 * said that its log has what was read before. Synchronous: `takeEvents` gives what was read.
 */
export class PartitionConsumer {
  private readonly cluster: ClusterConnection;
  private readonly config: ConsumerConfig;
  private readonly backoff: Backoff;
  private readonly assignments = new Map<string, Assignment>();
  private readonly lookups = new Set<Lookup>();
  private readonly queries: OffsetQueries;
  private readonly busyBrokers = new Set<number>();
  private readonly buffer = new EventBuffer();

  constructor(options: { readonly cluster: ClusterConnection; readonly config: ConsumerConfig; readonly backoff: Backoff }) {
    this.cluster = options.cluster;
    this.config = options.config;
    this.backoff = options.backoff;
    this.queries = new OffsetQueries({ ...options, tell: (answer) => this.buffer.push(answer) });
  }

  /** Begins to read the partition, or begins anew elsewhere. */
  assign(topic: string, partition: number, from: StartAt): void {
    this.cluster.want(topic);
    const place = typeof from === "string" ? undefined : { offset: from.offset, leaderEpoch: from.leaderEpoch ?? NO_EPOCH };
    const assignment = new Assignment(topic, partition, place === undefined ? { type: "locating" } : { ...place, type: "at" });
    assignment.taken = place;
    if (typeof from !== "string") assignment.topicId = from.topicId ?? ZERO_UUID;
    this.assignments.get(keyOf(topic, partition))?.lookup?.cancel();
    this.assignments.set(keyOf(topic, partition), assignment);
    if (typeof from === "string") this.locate(assignment, from, "assigned");
  }

  /** Nothing more is told of it, nor what nobody has taken yet. */
  unassign(topic: string, partition: number): void {
    this.assignments.get(keyOf(topic, partition))?.lookup?.cancel();
    this.assignments.delete(keyOf(topic, partition));
    this.buffer.forget({ topic, partition });
  }

  /**
   * Nothing of it is read or told until `resume`. Records that nobody has taken yet are read again then, but not those from before a reset, which may be
   * gone: they are kept.
   */
  pause(topic: string, partition: number): void {
    const assignment = this.assignments.get(keyOf(topic, partition));
    if (assignment === undefined) return;
    assignment.isPaused = true;
    if (assignment.place === undefined) return;
    const dropped = this.buffer.takeBack(assignment);
    if (dropped === undefined) return;
    // What was being validated is behind the records that were dropped.
    assignment.lookup?.cancel();
    const leaderEpoch = dropped.isBehindReset ? NO_EPOCH : (assignment.taken?.leaderEpoch ?? NO_EPOCH);
    assignment.position = { type: "at", offset: dropped.offset, leaderEpoch };
  }

  resume(topic: string, partition: number): void {
    const assignment = this.assignments.get(keyOf(topic, partition));
    if (assignment !== undefined) assignment.isPaused = false;
  }

  /** Offset of the next record to be read; undefined while it is being looked up, and when the partition is not assigned. */
  positionOf(topic: string, partition: number): number | undefined {
    return this.assignments.get(keyOf(topic, partition))?.place?.offset;
  }

  /** Behind what was taken: the next record that somebody is given; undefined while it is being looked up. */
  takenOf(topic: string, partition: number): Place | undefined {
    return this.assignments.get(keyOf(topic, partition))?.taken;
  }

  /** Of which topic, of those with this name, the position is; the zero id: it is not known. */
  topicIdOf(topic: string, partition: number): Uuid {
    return this.assignments.get(keyOf(topic, partition))?.topicId ?? ZERO_UUID;
  }

  /** How far it could be read when the leader was last heard of: the high watermark, or the last stable offset with read_committed. */
  endOffsetOf(topic: string, partition: number): number | undefined {
    return this.assignments.get(keyOf(topic, partition))?.endOffset;
  }

  /** Asks the leader; the answer is an `offset` event (or a fatal `error`), after `default.api.timeout.ms` at the latest. */
  queryOffset(topic: string, partition: number, query: OffsetQuery): void {
    this.queries.ask(topic, partition, query);
  }

  /** What was asked and has no answer yet has this one. */
  endQueries(error: string): void {
    this.queries.end(error);
  }

  /** What has happened, in that order, up to so many records; the rest is for the next call. */
  takeEvents(maxRecords = Number.POSITIVE_INFINITY): readonly ConsumerEvent[] {
    const events = this.buffer.take(maxRecords, this.isPaused);
    for (const event of events) {
      const assignment = this.assignments.get(keyOf(event.topic, event.partition));
      const last = event.type === "records" ? event.records.at(-1) : undefined;
      if (assignment !== undefined && last !== undefined) assignment.taken = { offset: last.offset + 1, leaderEpoch: last.leaderEpoch };
      if (assignment !== undefined && event.type === "position") assignment.taken = { offset: event.offset, leaderEpoch: NO_EPOCH };
    }
    // Behind what has no records too.
    for (const assignment of this.assignments.values()) if (this.buffer.responsesOf(assignment) === 0) assignment.taken = assignment.place;
    return events;
  }

  /** There is more to be taken. */
  get hasEvents(): boolean {
    return this.buffer.hasMore(this.isPaused);
  }

  pump(now: Now): void {
    this.queries.pump(now);
    this.pumpLookups(now);
    if (this.buffer.size >= this.config.maxBufferedEvents || !this.isAnyDue(now)) return;
    for (const [broker, targets] of this.targetsByBroker(now)) this.fetch(broker, targets, now);
    // What was found to be needed first: there may be nothing else to wake this machine for it.
    this.pumpLookups(now);
  }

  nextDeadline(now: Now): Micros | undefined {
    let at: Micros | undefined;
    for (const assignment of this.assignments.values()) at = earlier(at, assignment.nextDeadline(now));
    for (const lookup of this.lookups) at = earlier(at, lookup.nextDeadline(now));
    return earlier(at, this.queries.nextDeadline(now));
  }

  private readonly isPaused = ({ topic, partition }: { readonly topic: string; readonly partition: number }): boolean =>
    this.assignments.get(keyOf(topic, partition))?.isPaused === true;

  private pumpLookups(now: Now): void {
    for (const lookup of this.lookups) {
      lookup.pump(this.cluster, this.backoff, now);
      if (lookup.isDone) this.lookups.delete(lookup);
    }
  }

  private locate(assignment: Assignment, query: "earliest" | "latest", because: PositionReason): void {
    const { topic, partition } = assignment;
    assignment.position = { type: "locating" };
    const question = offsetQuestion({ topic, partition, query, isolationLevel: isolationCode(this.config.isolationLevel) });
    const lookup = new LeaderLookup(question, (result) => {
      if ("error" in result) return this.fail(assignment, result.error);
      this.goodNow(assignment, result.leaderEpoch);
      this.moveTo(assignment, { offset: result.value.offset, leaderEpoch: NO_EPOCH }, because);
    });
    this.ask(assignment, lookup);
  }

  private ask(assignment: Assignment, lookup: Lookup): void {
    assignment.lookup = lookup;
    this.lookups.add(lookup);
  }

  private goodNow(assignment: Assignment, leaderEpoch: number | undefined): void {
    assignment.goodIn = leaderEpoch;
    assignment.olderLeaders = 0;
    assignment.topicId = this.cluster.metadata.topicId(assignment.topic);
  }

  private moveTo(assignment: Assignment, place: Place, because: PositionReason): void {
    const { topic, partition } = assignment;
    assignment.position = { ...place, type: "at" };
    this.buffer.push({ type: "position", topic, partition, offset: place.offset, because });
  }

  /** No other has taken its place. */
  private isAssigned(assignment: Assignment): boolean {
    return this.assignments.get(keyOf(assignment.topic, assignment.partition)) === assignment;
  }

  /**
   * Asks whether the leader has what was read before this place: without that a record may be read at an offset behind it that stands there in
   * another log, after an unclean election (KIP-320).
   */
  private validate(assignment: Assignment, place: Place): void {
    const { topic, partition } = assignment;
    assignment.position = { ...place, type: "validating" };
    const lookup = new LeaderLookup(epochEndQuestion(topic, partition, place.leaderEpoch), (result, now) => {
      assignment.position = { ...place, type: "at" };
      if (!("error" in result)) return this.validated(assignment, place, { end: result.value, leaderEpoch: result.leaderEpoch });
      // It is too old to say: as without this.
      if (result.error === "UNSUPPORTED_VERSION") this.goodNow(assignment, this.cluster.metadata.leaderOf(topic, partition)?.epoch);
      else this.refusedValidation(assignment, result.error, now);
    });
    this.ask(assignment, lookup);
  }

  private validated(assignment: Assignment, place: Place, { end, leaderEpoch }: { readonly end: EpochEnd; readonly leaderEpoch: number }): void {
    this.goodNow(assignment, leaderEpoch);
    const verdict = verdictOn(place.offset, end);
    if (verdict.type === "valid") return;
    if (verdict.type === "reset" || this.config.autoOffsetReset === "none") return this.reset(assignment, "LOG_TRUNCATED");
    this.moveTo(assignment, { offset: verdict.end.endOffset, leaderEpoch: verdict.end.leaderEpoch }, "LOG_TRUNCATED");
  }

  private refusedValidation(assignment: Assignment, error: string, now: Now): void {
    if (error.endsWith("AUTHORIZATION_FAILED")) this.fail(assignment, error);
    else this.retryLater(assignment, error, now);
  }

  private isDue(assignment: Assignment, now: Now): boolean {
    return assignment.isDue(now) && this.buffer.responsesOf(assignment) < MAX_UNTAKEN_RESPONSES;
  }

  /** Mostly every partition is being fetched already. */
  private isAnyDue(now: Now): boolean {
    for (const assignment of this.assignments.values()) if (this.isDue(assignment, now)) return true;
    return false;
  }

  private targetsByBroker(now: Now): ReadonlyMap<number, FetchTarget[]> {
    const byBroker = new Map<number, FetchTarget[]>();
    for (const assignment of this.assignments.values()) {
      if (assignment.position.type !== "at" || !this.isDue(assignment, now)) continue;
      const { topic, partition } = assignment;
      const leader = this.cluster.metadata.leaderOf(topic, partition);
      if (leader === undefined) {
        this.cluster.requestMetadata();
        continue;
      }
      const topicId = this.cluster.metadata.topicId(topic);
      if (areOtherTopics(assignment.topicId, topicId)) {
        // What was read of the old one is taken first, so that whoever takes it can tell the two apart.
        if (this.buffer.responsesOf(assignment) === 0) this.reset(assignment, "UNKNOWN_TOPIC_ID");
        continue;
      }
      if (assignment.position.leaderEpoch !== NO_EPOCH && leader.epoch !== NO_EPOCH && assignment.goodIn !== leader.epoch) {
        // Whoever wrote what was read led later than the leader that is known here: first its successor is to be known.
        if (assignment.position.leaderEpoch > leader.epoch && assignment.olderLeaders++ < OLDER_LEADERS_MAX)
          this.retryLater(assignment, "UNKNOWN_LEADER_EPOCH", now);
        else this.validate(assignment, assignment.position);
        continue;
      }
      const broker = this.preferredOf(assignment, now) ?? leader.leader;
      if (this.busyBrokers.has(broker) || !this.cluster.isReady(broker, now)) continue;
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
    if (!this.isGone(preferred.broker, now) && now.monotonicUs < preferred.untilUs) return preferred.broker;
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
            if (!this.isAssigned(assignment)) continue;
            if (isUnsendable(error)) this.fail(assignment, error);
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
      if (!this.isAssigned(assignment)) return;
      // It is asked for again when it is wanted again.
      if (assignment.isPaused) return;
      if (assignment.position.type !== "at" || assignment.position.offset !== offset) return;
      const result = results[index];
      if (response.errorCode !== 0) this.retryLater(assignment, errorName(response.errorCode), now);
      else if (result === undefined) this.retryLater(assignment, "MALFORMED_RESPONSE", now);
      else if (result.errorCode === 0) this.accept(target, result, now);
      else this.refused(target, result, { response, now });
    });
  }

  private accept({ assignment, offset, leaderEpoch, topicId }: FetchTarget, result: FetchPartitionData, now: Now): void {
    const { topic, partition } = assignment;
    const read = readRecords(result, { offset, isReadCommitted: this.config.isolationLevel === "read_committed" });
    if (read.records.length > 0) this.buffer.push({ type: "records", topic, partition, records: read.records, highWatermark: result.highWatermark });
    assignment.goodIn = leaderEpoch;
    assignment.topicId = topicId;
    assignment.position = { type: "at", offset: read.nextOffset, leaderEpoch: read.leaderEpoch ?? assignment.place?.leaderEpoch ?? NO_EPOCH };
    assignment.endOffset = this.config.isolationLevel === "read_committed" ? result.lastStableOffset : result.highWatermark;
    if (read.error !== undefined) return this.retryLater(assignment, read.error, now);
    const preferred = result.preferredReadReplica;
    // One that is gone is asked for again after a back-off: the leader would name it again at once.
    if (preferred >= 0 && this.isGone(preferred, now)) return this.retryLater(assignment, "REPLICA_NOT_AVAILABLE", now);
    if (preferred >= 0) assignment.preferred = { broker: preferred, untilUs: afterMs(now, this.config.metadataMaxAgeMs) };
    assignment.failures = 0;
    assignment.notBefore = undefined;
  }

  /** No metadata name it any more, also where its old connection is still there, or it can't be reached: then that is tried again, for nobody else may. */
  private isGone(broker: number, now: Now): boolean {
    if (!this.cluster.metadata.brokers.has(broker)) return true;
    return !this.cluster.isReady(broker, now) && this.cluster.isUnreachable(broker);
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
    if (error === "OFFSET_OUT_OF_RANGE") return this.reset(assignment, error);
    if (!isRetriable(result.errorCode) && !isStaleMetadataError(error)) return this.fail(assignment, error);
    if (this.cluster.applyHint(hintOf(assignment, result.currentLeader, response.nodeEndpoints), now)) return;
    this.retryLater(assignment, error, now);
  }

  private reset(assignment: Assignment, because: PositionReason): void {
    const { autoOffsetReset } = this.config;
    if (autoOffsetReset === "none") return this.fail(assignment, because);
    this.locate(assignment, autoOffsetReset, because);
  }

  private retryLater(assignment: Assignment, error: string, now: Now): void {
    if (isStaleMetadataError(error)) this.cluster.requestMetadata();
    assignment.failures++;
    assignment.notBefore = afterMs(now, this.backoff.delayMs(assignment.failures));
    this.buffer.push({ type: "error", topic: assignment.topic, partition: assignment.partition, error, isFatal: false });
  }

  private fail(assignment: Assignment, error: string): void {
    assignment.position = { type: "failed" };
    this.buffer.push({ type: "error", topic: assignment.topic, partition: assignment.partition, error, isFatal: true });
  }
}

const keyOf = (topic: string, partition: number): string => `${topic}-${partition}`;
