import type { Micros, Now, Uuid } from "@samsa/stdx";
import { afterMs } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";
import type { ClusterMetadata } from "../cluster/cluster-metadata.ts";
import { areOtherTopics, NO_EPOCH } from "../consumer/assignment.ts";
import type { OffsetQuery } from "../consumer/consumer-event.ts";
import { PartitionConsumer } from "../consumer/partition-consumer.ts";
import { earlier, stillToCome } from "../deadline.ts";
import { CommittedOffsets } from "./committed-offsets.ts";
import { CoordinatorLookup } from "./coordinator-lookup.ts";
import type { GroupConsumerConfig } from "./group-consumer-config.ts";
import type { CommitId, GroupEvent, OffsetToCommit, OpenCommit, SignsOfLife } from "./group-event.ts";
import type { HeldPartition } from "./held-partition.ts";
import { Holdings } from "./holdings.ts";
import { Membership } from "./membership.ts";
import { OffsetCommits } from "./offset-commits.ts";
import { TopicErrors } from "./topic-errors.ts";
import type { TopicPartition } from "./topic-partition.ts";

export interface GroupConsumerParts {
  readonly cluster: ClusterConnection;
  readonly config: GroupConsumerConfig;
  /** A stream of jitter of its own for each part. */
  readonly backoffFor: (part: string) => Backoff;
}

/** As soon as there can be another turn. */
const SOON_MS = 0.001;

/**
 * Reads topics together with the other members of a group: it joins, is given partitions, goes on where the group has committed, and gives partitions
 * up when the group shares them out anew. Synchronous: methods take work, `poll` gives what has happened, `pump` does what can be done now.
 *
 * The program must poll at least every `max.poll.interval.ms`. To a `revoking` event it answers with `finishRevocation`, when what it was given of these
 * partitions is done and `commit` was called for it: they go to others when those commits have their outcome. It has `max.poll.interval.ms` for that, however
 * often it polls meanwhile. Of what is `lost` nothing can be committed.
 *
 * It differs from Java's consumer in this:
 * - It joins, and gives up nothing, without being polled; a program that does not poll is found out by `max.poll.interval.ms` alone.
 * - Commits have their outcome in the order of their calls, and one that is under way through a cooperative rebalance comes to its end.
 * - With `enable.auto.commit` the positions are committed that were handed out by the polls before the last one, as in Java, and only where they have moved.
 */
export class GroupConsumer {
  private readonly config: GroupConsumerConfig;
  private readonly metadata: ClusterMetadata;
  private readonly coordinator: CoordinatorLookup;
  private readonly membership: Membership;
  private readonly commits: OffsetCommits;
  private readonly committed: CommittedOffsets;
  private readonly holdings: Holdings;
  private readonly reader: PartitionConsumer;
  private readonly topicErrors: TopicErrors;
  private events: GroupEvent[] = [];
  private autoCommitAt: Micros | undefined;
  private moreAt: Micros | undefined;
  private isBegun = false;
  private isClosed = false;

  constructor({ cluster, config, backoffFor }: GroupConsumerParts) {
    this.config = config;
    this.metadata = cluster.metadata;
    const tell = (event: GroupEvent): void => this.tell(event);
    this.topicErrors = new TopicErrors(cluster.metadata, (topic, error) => tell({ type: "topic-error", topic, error }));
    this.reader = new PartitionConsumer({ cluster, config, backoff: backoffFor("group reader") });
    const coordinator = new CoordinatorLookup({ cluster, backoff: backoffFor("group coordinator"), groupId: config.groupId });
    this.coordinator = coordinator;
    this.commits = new OffsetCommits({ cluster, coordinator, config, backoff: backoffFor("group commits"), member: () => this.membership, tell });
    this.committed = new CommittedOffsets({
      cluster,
      coordinator,
      config,
      backoff: backoffFor("group offsets"),
      failed: (error, now) => this.membership.fail(error, now),
    });
    const topicIdOf = (topic: string): Uuid => cluster.metadata.topicId(topic);
    const locate = (partition: HeldPartition): void => this.locate(partition);
    this.holdings = new Holdings({ reader: this.reader, config, locate, commits: this.commits, topicIdOf, tell });
    this.membership = new Membership({ cluster, coordinator, config, backoff: backoffFor("group membership"), holder: this.holdings });
  }

  /** What it holds, also what is being given up. */
  get assignment(): readonly TopicPartition[] {
    return this.holdings.held.map(({ topic, partition }) => ({ topic, partition }));
  }

  /** It has its assignment, and as far as it knows the group does not change. */
  get isStable(): boolean {
    return this.membership.isStable;
  }

  /** It is closed, and does nothing more but give what it has told. */
  get isOver(): boolean {
    return this.isClosed;
  }

  get signs(): SignsOfLife {
    return this.membership.signs;
  }

  /** Commits that have no outcome yet. */
  get hasOpenCommits(): boolean {
    return !this.commits.isEmpty;
  }

  /** These, in their order; `enable.auto.commit` has begun some of them. */
  get openCommits(): readonly OpenCommit[] {
    return this.commits.open;
  }

  /** The generation in which a commit was sent last that has no outcome yet; −1: none was. */
  get openCommitsSentIn(): number {
    return this.commits.sentIn;
  }

  /** Joins the group, if that is new, to read these topics and no others; at least one. */
  subscribe(topics: readonly string[], now: Now): void {
    this.isBegun = true;
    this.topicErrors.want(topics);
    this.membership.subscribe(topics, now);
  }

  /** What has happened since the last call, in that order, and then what was read. */
  poll(now: Now): readonly GroupEvent[] {
    this.membership.polled(now);
    this.autoCommit(now);
    const { events } = this;
    if (events.length > 0) this.events = [];
    if (this.isClosed) return events;
    const read = this.holdings.take();
    // What is left is for another poll, now: nothing else may wake the program for it.
    this.moreAt = this.reader.hasEvents ? afterMs(now, SOON_MS) : undefined;
    return read.length === 0 ? events : [...events, ...read];
  }

  /** Where the group is to go on; the outcome is a `committed` or `commit-failed` event. Undefined: not taken, as many are open as may be, or it is closed. */
  commit(offsets: readonly OffsetToCommit[], now: Now): CommitId | undefined {
    return this.addCommit(offsets, false, now);
  }

  /** Commits what was handed out so far, of all that is held and has moved. Undefined: nothing has, or it was not taken. */
  commitPositions(now: Now): CommitId | undefined {
    const offsets = this.movedPositions(this.holdings.held);
    return offsets.length === 0 ? undefined : this.addCommit(offsets, false, now);
  }

  /** The program has done with the partitions of this `revoking` event. */
  finishRevocation(revocation: number, now: Now): void {
    const done = this.config.enableAutoCommit ? this.holdings.held.filter((partition) => partition.revocation === revocation) : [];
    const going = this.movedPositions(done);
    if (going.length > 0) this.addCommit(going, true, now);
    this.holdings.finishRevocation(revocation);
  }

  /** Nothing of it is read until `resume`, or until it is given up. */
  pause(topic: string, partition: number): void {
    this.holdings.setPaused({ topic, partition }, true);
  }

  resume(topic: string, partition: number): void {
    this.holdings.setPaused({ topic, partition }, false);
  }

  /** Goes on from there; `leaderEpoch`: of the record before it, if it is known. False: the partition is not held, or is being given up. */
  seek(topic: string, partition: number, offset: number, leaderEpoch = NO_EPOCH): boolean {
    return this.holdings.seek({ topic, partition }, { offset, leaderEpoch });
  }

  /** Goes on with the first record that there is. False: as with `seek`. */
  seekToBeginning(topic: string, partition: number): boolean {
    return this.holdings.seek({ topic, partition }, "earliest");
  }

  /** Goes on with what comes from now on: with `read_committed` behind what is known to be committed. False: as with `seek`. */
  seekToEnd(topic: string, partition: number): boolean {
    return this.holdings.seek({ topic, partition }, "latest");
  }

  /**
   * Asks where any partition begins, ends, or has its first record that is not older than some time: the answer is an `offset` or an `error` event, after
   * `default.api.timeout.ms` at the latest, also where the consumer is closed meanwhile.
   */
  queryOffset(topic: string, partition: number, query: OffsetQuery): void {
    this.isBegun = true;
    if (this.isClosed) return this.tell({ type: "error", topic, partition, error: "CLOSED", isFatal: true, query });
    this.reader.queryOffset(topic, partition, query);
  }

  /**
   * Asks what the group has committed for any partitions: each has its `committed-answer`, after `default.api.timeout.ms` at the latest, also where the
   * consumer is closed meanwhile.
   */
  queryCommitted(partitions: readonly TopicPartition[]): void {
    this.isBegun = true;
    for (const { topic, partition } of partitions) {
      const answer = (result: { readonly committed: Required<OffsetToCommit> } | { readonly error: string }): void =>
        this.tell({ type: "committed-answer", topic, partition, ...result });
      this.committed.ask({
        topic,
        partition,
        isOpen: () => true,
        expires: true,
        found: ({ committedOffset: offset, committedLeaderEpoch: leaderEpoch, metadata }) =>
          answer({ committed: { topic, partition, offset, leaderEpoch, metadata: metadata ?? "" } }),
        refused: (error) => answer({ error }),
      });
    }
    if (this.isClosed) this.committed.end("CLOSED");
  }

  /** Those of its partitions of which nothing is read until `resume`. */
  get paused(): readonly TopicPartition[] {
    return this.holdings.held.filter(({ isPaused }) => isPaused).map(({ topic, partition }) => ({ topic, partition }));
  }

  /** Has the group share its partitions out anew, as when what its members want has changed in a way that nobody else sees. */
  enforceRebalance(): void {
    this.membership.requestRejoin();
  }

  /** Offset of the next record that a poll gives; undefined while it is not known, and of what is not held. */
  positionOf(topic: string, partition: number): number | undefined {
    return this.holdings.of({ topic, partition })?.position;
  }

  /** What the group has committed, as far as this member knows; undefined: nothing, or it is not known (yet). */
  committedOf(topic: string, partition: number): number | undefined {
    return this.holdings.of({ topic, partition })?.committed;
  }

  /** Records between the position and the end that the leader told last; undefined while one of them is not known. */
  lagOf(topic: string, partition: number): number | undefined {
    const position = this.positionOf(topic, partition);
    const endOffset = this.reader.endOffsetOf(topic, partition);
    return position === undefined || endOffset === undefined ? undefined : Math.max(0, endOffset - position);
  }

  /**
   * Gives up all that it holds, and leaves the group, or stays in it until its session ends (KIP-1092); unless told, a static member stays. The last event
   * is `closed`.
   */
  close(now: Now, operation: "leave" | "remain" | "default" = "default"): void {
    this.isBegun = true;
    this.membership.close(now, operation === "default" ? undefined : operation === "leave");
  }

  pump(now: Now): void {
    if (!this.isBegun || this.isClosed) return;
    this.topicErrors.pump();
    this.commits.pump(now);
    this.membership.pump(now);
    if (this.isClosed) return;
    this.coordinator.pump(now);
    this.committed.pump(now);
    this.reader.pump(now);
  }

  nextDeadline(now: Now): Micros | undefined {
    if (!this.isBegun || this.isClosed) return undefined;
    const ofProgram = earlier(stillToCome(this.moreAt, now), stillToCome(this.autoCommitAt, now));
    const ofCommits = earlier(this.commits.nextDeadline(now), ofProgram);
    const ofGroup = earlier(this.membership.nextDeadline(now), this.coordinator.nextDeadline(now));
    return earlier(earlier(ofCommits, ofGroup), earlier(this.committed.nextDeadline(now), this.reader.nextDeadline(now)));
  }

  private tell(event: GroupEvent): void {
    if (event.type === "closed") {
      this.committed.end("CLOSED");
      this.reader.endQueries("CLOSED");
      // Nothing is held any more: these are answers.
      this.events.push(...this.reader.takeEvents());
      this.isClosed = true;
    }
    this.events.push(event);
  }

  private locate(partition: HeldPartition): void {
    const { topic, partition: index } = partition;
    this.committed.ask({
      topic,
      partition: index,
      isOpen: () => partition.state === "asking" && !partition.isOver,
      expires: false,
      found: (committed, asked) => this.holdings.located(partition, committed, asked),
      refused: (error) => this.holdings.refused(partition, error),
    });
  }

  /** What a poll has handed out counts as done when the next one comes. */
  private autoCommit(now: Now): void {
    if (!this.config.enableAutoCommit) return;
    this.autoCommitAt ??= afterMs(now, this.config.autoCommitIntervalMs);
    if (this.autoCommitAt > now.monotonicUs) return;
    this.autoCommitAt = afterMs(now, this.config.autoCommitIntervalMs);
    const offsets = this.movedPositions(this.holdings.held.filter(({ state }) => state !== "revoking"));
    if (offsets.length > 0 && this.commits.isEmpty) this.addCommit(offsets, true, now);
  }

  /** Not of a topic that was deleted, whose name is another's now. */
  private movedPositions(held: readonly HeldPartition[]): readonly OffsetToCommit[] {
    return held.flatMap(({ topic, partition, topicId, position, positionEpoch, committed }) =>
      position === undefined || position === committed || areOtherTopics(topicId, this.metadata.topicId(topic))
        ? []
        : [{ topic, partition, offset: position, leaderEpoch: positionEpoch }],
    );
  }

  private addCommit(offsets: readonly OffsetToCommit[], isAutomatic: boolean, now: Now): CommitId | undefined {
    if (this.isClosed) return undefined;
    return this.commits.add(offsets, { held: offsets.map((offset) => this.holdings.of(offset)), isAutomatic }, now);
  }
}
