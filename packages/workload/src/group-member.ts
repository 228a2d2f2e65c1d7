import { type Client, type ConsumedRecord, type GroupConsumer, type GroupEvent, type OffsetToCommit, provesNothingCommitted } from "@samsa/client";
import type { SignsOfLife, TopicPartition } from "@samsa/client";
import type { GroupHistory, OffsetCommit } from "@samsa/history";
import { afterMs, type Micros, type Now } from "@samsa/stdx";

export interface GroupMemberOptions {
  readonly process: number;
  readonly client: Client;
  readonly consumer: GroupConsumer;
  readonly history: GroupHistory;
  readonly commitEveryMs: number;
  readonly sessionTimeoutMs: number;
  /** `max.poll.interval.ms`: so long the group waits for a member. */
  readonly maxPollIntervalMs: number;
  /** The consumer commits by itself, as with `enable.auto.commit`. */
  readonly enableAutoCommit: boolean;
}

/** From where a member reads on, before it was given anything of that. */
interface Start {
  readonly fromOffset: number;
  readonly isSought: boolean;
}

/** What a poll gave of a partition and is not processed yet. */
interface Given extends TopicPartition {
  readonly offsets: readonly number[];
}

type CommitEvent = Extract<GroupEvent, { readonly type: "committed" | "commit-failed" }>;

/** Brokers' clocks run by at most a twentieth faster than the history's: for this part of a time-out a member is sure that nobody else has what it holds. */
const SURE_SHARE = 0.9;
const MS_US = 1000;
/** The generation of a commit that was not. */
const NEVER_SENT = -1;

/**
 * One process of a group: it processes what it reads at once, commits that now and then, and writes down what it holds from when to when. Where its consumer
 * commits by itself it processes what a poll gave just before the next one: if it dies between, nobody has.
 */
export class GroupMember {
  readonly process: number;
  readonly client: Client;
  readonly consumer: GroupConsumer;
  isClosed = false;
  /** Why the consumer can do nothing more. */
  failure: string | undefined;
  private readonly options: GroupMemberOptions;
  private readonly held = new Map<string, TopicPartition>();
  /** By partition, what is processed and not committed. */
  private readonly processed = new Map<string, OffsetToCommit>();
  /** By partition, where it goes on, committed or not. */
  private readonly latest = new Map<string, number>();
  private readonly openCommits = new Map<number, readonly OffsetCommit[]>();
  /** By partition of which nothing is read yet. */
  private readonly starts = new Map<string, Start>();
  /** By partition; only where the consumer commits by itself. */
  private readonly given = new Map<string, Given>();
  private commitAt: Micros | undefined;

  constructor(options: GroupMemberOptions) {
    this.options = options;
    this.process = options.process;
    this.client = options.client;
    this.consumer = options.consumer;
  }

  /** It has its place in the group, and has read and committed all that there is of its partitions. */
  get isAtRest(): boolean {
    const { consumer } = this;
    if (!consumer.isStable || consumer.hasOpenCommits || this.processed.size > 0 || this.given.size > 0) return false;
    return consumer.assignment.every(
      ({ topic, partition }) =>
        consumer.lagOf(topic, partition) === 0 &&
        (!this.options.enableAutoCommit || consumer.committedOf(topic, partition) === consumer.positionOf(topic, partition)),
    );
  }

  /** For whoever waits for it in vain. */
  describe(): string {
    const { consumer } = this;
    const partitions = consumer.assignment.map(
      ({ topic, partition }) => `${topic}-${partition} at ${consumer.positionOf(topic, partition)} with lag ${consumer.lagOf(topic, partition)}`,
    );
    const state = consumer.isStable ? "stable" : "not stable";
    return `${state}, holds [${partitions.join(", ")}], ${consumer.hasOpenCommits ? "commits on their way" : "no commit on its way"}`;
  }

  run(now: Now): void {
    this.processGiven();
    for (const event of this.consumer.poll(now)) this.handle(event, now);
    this.noteCommits(now);
    if (this.processed.size > 0) this.commitAt ??= afterMs(now, this.options.commitEveryMs);
    if (this.commitAt !== undefined && this.commitAt <= now.monotonicUs) this.commit(now);
  }

  nextDeadline(): Micros | undefined {
    return this.commitAt;
  }

  /** Of this partition nothing is read for now. */
  readAllBut({ topic, partition }: TopicPartition): void {
    this.readAll();
    this.consumer.pause(topic, partition);
  }

  /** It reads on from there; −1: from the beginning. */
  goTo({ topic, partition }: TopicPartition, offset: number): void {
    const isHeld = offset < 0 ? this.consumer.seekToBeginning(topic, partition) : this.consumer.seek(topic, partition, offset);
    if (isHeld) this.starts.set(`${topic}-${partition}`, { fromOffset: offset, isSought: true });
  }

  readAll(): void {
    for (const { topic, partition } of this.consumer.paused) this.consumer.resume(topic, partition);
  }

  /** It is no more, and what it held nobody holds. What was to be committed may be, as long as the generation lasts in which it was sent last. */
  die(now: Now): void {
    this.release([...this.held.values()], this.consumer.signs, now);
    for (const event of this.consumer.poll(now)) if (event.type === "committed" || event.type === "commit-failed") this.endCommit(event, now);
    for (const commit of [...this.openCommits.values()].flat()) this.abandon(commit, now);
  }

  private handle(event: GroupEvent, now: Now): void {
    switch (event.type) {
      case "records":
        return this.take(event, event.records, now);
      case "assigned":
        this.options.history.began(event.generationId, now.monotonicUs);
        return this.hold(event.partitions, now);
      case "revoking":
        this.commit(now);
        this.release(event.partitions, event.signs, now);
        return this.consumer.finishRevocation(event.revocation, now);
      case "lost":
        return this.release(event.partitions, event.signs, now);
      case "committed-offset":
        this.starts.set(`${event.topic}-${event.partition}`, { fromOffset: event.offset, isSought: false });
        return this.options.history.fetched(this.options.process, event, { offset: event.offset, askedUs: event.askedAt, answeredUs: now.monotonicUs });
      case "committed":
      case "commit-failed":
        return this.endCommit(event, now);
      case "group-failed":
        this.failure = event.error;
        return;
      case "closed":
        this.isClosed = true;
        return;
      default:
        return;
    }
  }

  private hold(partitions: readonly TopicPartition[], now: Now): void {
    for (const { topic, partition } of partitions) {
      this.held.set(`${topic}-${partition}`, { topic, partition });
      this.options.history.assigned(this.options.process, { topic, partition }, now.monotonicUs);
    }
  }

  private release(partitions: readonly TopicPartition[], { heardOfAt, stableAt, polledAt }: SignsOfLife, now: Now): void {
    const { process, history, sessionTimeoutMs, maxPollIntervalMs } = this.options;
    const exclusiveUntilUs = Math.min(heardOfAt + sureUs(sessionTimeoutMs), stableAt + sureUs(maxPollIntervalMs), polledAt + sureUs(maxPollIntervalMs));
    for (const { topic, partition } of partitions) {
      // It finished with it, and hears of the loss while its commit is on the way.
      if (!this.held.delete(`${topic}-${partition}`)) continue;
      this.processed.delete(`${topic}-${partition}`);
      this.latest.delete(`${topic}-${partition}`);
      this.starts.delete(`${topic}-${partition}`);
      this.given.delete(`${topic}-${partition}`);
      history.released(process, { topic, partition }, { atUs: now.monotonicUs, exclusiveUntilUs, heardOfUs: heardOfAt });
    }
  }

  private take({ topic, partition }: TopicPartition, records: readonly ConsumedRecord[], now: Now): void {
    const [first, last] = [records[0], records.at(-1)];
    if (first === undefined || last === undefined) return;
    this.beginReading({ topic, partition }, first.offset, now);
    const offsets = records.map(({ offset }) => offset);
    if (this.options.enableAutoCommit) {
      const before = this.given.get(`${topic}-${partition}`)?.offsets ?? [];
      this.given.set(`${topic}-${partition}`, { topic, partition, offsets: [...before, ...offsets] });
      return;
    }
    this.options.history.processed({ topic, partition }, offsets);
    this.processed.set(`${topic}-${partition}`, { topic, partition, offset: last.offset + 1, leaderEpoch: last.leaderEpoch });
    this.latest.set(`${topic}-${partition}`, last.offset + 1);
  }

  private beginReading({ topic, partition }: TopicPartition, firstOffset: number, now: Now): void {
    const start = this.starts.get(`${topic}-${partition}`);
    if (start === undefined) return;
    this.starts.delete(`${topic}-${partition}`);
    const { process, history } = this.options;
    history.startedReading({ topic, partition }, { process, ...start, firstOffset, atUs: now.monotonicUs });
  }

  private processGiven(): void {
    for (const given of this.given.values()) this.options.history.processed(given, given.offsets);
    this.given.clear();
  }

  /** Those that the consumer has begun by itself, in this turn: none of them has left yet. */
  private noteCommits(now: Now): void {
    const { process, history, enableAutoCommit } = this.options;
    if (!enableAutoCommit) return;
    for (const { id, offsets } of this.consumer.openCommits) {
      if (this.openCommits.has(id)) continue;
      const begun = offsets.map(({ topic, partition, offset }) => {
        const automatic = { unprocessedFrom: this.given.get(`${topic}-${partition}`)?.offsets[0] };
        return history.beganCommit({ topic, partition }, { process, offset, invokedUs: now.monotonicUs, automatic });
      });
      this.openCommits.set(id, begun);
    }
  }

  private commit(now: Now): void {
    const { process, history } = this.options;
    this.commitAt = undefined;
    const offsets = [...this.processed.values()];
    const id = offsets.length === 0 ? undefined : this.consumer.commit(offsets, now);
    if (id === undefined) return;
    this.processed.clear();
    this.openCommits.set(
      id,
      offsets.map((offset) => history.invokeCommit(process, offset, offset.offset, now.monotonicUs)),
    );
  }

  private abandon(commit: OffsetCommit, now: Now): void {
    const generationId = this.consumer.openCommitsSentIn;
    if (generationId === NEVER_SENT) this.options.history.endCommit(commit, { outcome: "fail", mayComeLater: false, atUs: now.monotonicUs });
    else commit.generationId = generationId;
  }

  /**
   * Of one that failed, partitions may have been acknowledged. What was not committed is committed again later, unless there is more by then: a commit of
   * that is on its way, or will be.
   */
  private endCommit(event: CommitEvent, now: Now): void {
    const attempts = event.type === "committed" ? event.earlierErrors : [...event.earlierErrors, event.error];
    const mayComeLater = event.generationId !== NEVER_SENT && !attempts.every(provesNothingCommitted);
    const isAcknowledged = (offset: OffsetToCommit): boolean => event.type === "committed" || event.committed.some((other) => isSamePlace(other, offset));
    const end = { mayComeLater, atUs: now.monotonicUs, generationId: event.generationId };
    const commits = this.openCommits.get(event.id) ?? [];
    for (const [index, offset] of event.offsets.entries()) {
      const commit = commits[index];
      const outcome = isAcknowledged(offset) ? "ok" : mayComeLater ? "info" : "fail";
      if (commit !== undefined) this.options.history.endCommit(commit, { ...end, outcome });
    }
    this.openCommits.delete(event.id);
    if (event.isAutomatic) return;
    for (const offset of event.offsets) {
      if (isAcknowledged(offset)) continue;
      const key = `${offset.topic}-${offset.partition}`;
      if (this.latest.get(key) === offset.offset) this.processed.set(key, offset);
    }
  }
}

const isSamePlace = (one: TopicPartition, other: TopicPartition): boolean => one.topic === other.topic && one.partition === other.partition;

const sureUs = (timeoutMs: number): number => timeoutMs * MS_US * SURE_SHARE;
