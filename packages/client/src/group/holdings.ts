import type { Micros, Uuid } from "@samsa/stdx";
import { NO_EPOCH } from "../consumer/assignment.ts";
import type { ConsumerEvent } from "../consumer/consumer-event.ts";
import type { PartitionConsumer, StartAt } from "../consumer/partition-consumer.ts";
import type { GroupConsumerConfig } from "./group-consumer-config.ts";
import type { CommitId, SignsOfLife, TellGroup } from "./group-event.ts";
import { HeldPartition } from "./held-partition.ts";
import type { Holder } from "./holder.ts";
import type { OffsetCommits } from "./offset-commits.ts";
import type { FetchedOffset } from "./offset-requests.ts";
import { keyOf, type TopicPartition } from "./topic-partition.ts";

export interface HoldingsOptions {
  readonly reader: PartitionConsumer;
  readonly config: GroupConsumerConfig;
  /** To be asked where the group goes on with it. */
  readonly locate: (partition: HeldPartition) => void;
  readonly commits: OffsetCommits;
  /** The zero id: it is not known. */
  readonly topicIdOf: (topic: string) => Uuid;
  readonly tell: TellGroup;
}

/** The partitions that a member of a group holds, and what is read of them. Nothing is told of a partition from its revocation or loss on. */
export class Holdings implements Holder {
  private readonly options: HoldingsOptions;
  private readonly partitions = new Map<string, HeldPartition>();
  private readonly openRevocations = new Set<number>();
  private nextRevocation = 0;
  /** Up to which commits are of account for what is being given up: whoever goes on committing does not hold that up. */
  private lastCommit: CommitId = -1;

  constructor(options: HoldingsOptions) {
    this.options = options;
  }

  get held(): readonly HeldPartition[] {
    return [...this.partitions.values()];
  }

  get hasFinishedRevocation(): boolean {
    return this.openRevocations.size === 0 && this.options.commits.hasEnded(this.lastCommit);
  }

  of(place: TopicPartition): HeldPartition | undefined {
    return this.partitions.get(keyOf(place));
  }

  revoke(partitions: readonly TopicPartition[], signs: SignsOfLife): void {
    const going = partitions.flatMap((place) => this.of(place) ?? []).filter(({ state }) => state !== "revoking");
    this.lastCommit = this.options.commits.lastId;
    if (going.length === 0) return;
    const revocation = this.nextRevocation++;
    for (const partition of going) {
      partition.state = "revoking";
      partition.revocation = revocation;
      this.options.reader.unassign(partition.topic, partition.partition);
    }
    this.openRevocations.add(revocation);
    this.options.tell({ type: "revoking", revocation, partitions: going.map(placeOf), signs });
  }

  /** The program has finished with these; one that it was told to be lost meanwhile is of no account any more. */
  finishRevocation(revocation: number): void {
    if (this.openRevocations.delete(revocation)) this.lastCommit = this.options.commits.lastId;
  }

  revoked(): void {
    for (const partition of this.held) if (partition.state === "revoking") this.drop(partition);
  }

  lose(error: string, signs: SignsOfLife): void {
    this.openRevocations.clear();
    const lost = this.held;
    if (lost.length === 0) return;
    for (const partition of lost) this.drop(partition);
    this.options.tell({ type: "lost", partitions: lost.map(placeOf), error, signs });
  }

  assign(partitions: readonly TopicPartition[], generationId: number): void {
    const { tell, topicIdOf } = this.options;
    tell({ type: "assigned", generationId, partitions });
    for (const place of partitions) {
      const partition = new HeldPartition(place, topicIdOf(place.topic));
      this.partitions.set(keyOf(place), partition);
      this.options.locate(partition);
    }
  }

  failed(error: string): void {
    this.options.tell({ type: "group-failed", error });
  }

  closed(): void {
    this.options.commits.end();
    this.options.tell({ type: "closed" });
  }

  /** It is known where the group goes on; −1: nowhere yet. */
  located(
    partition: HeldPartition,
    { committedOffset: offset, committedLeaderEpoch: leaderEpoch, metadata }: FetchedOffset,
    { askedAt, topicId }: { readonly askedAt: Micros; readonly topicId: Uuid },
  ): void {
    const { tell, config } = this.options;
    partition.isOf(topicId);
    tell({ type: "committed-offset", ...placeOf(partition), offset, leaderEpoch, metadata: metadata ?? "", askedAt });
    if (offset >= 0) {
      partition.committed = offset;
      return this.read(partition, { offset, leaderEpoch });
    }
    if (config.autoOffsetReset === "none") return this.refused(partition, "NO_OFFSET_FOR_PARTITION");
    this.read(partition, config.autoOffsetReset);
  }

  /** It can't be read, unless the program says from where. */
  refused(partition: HeldPartition, error: string): void {
    partition.state = "failed";
    this.options.tell({ type: "error", ...placeOf(partition), error, isFatal: true });
  }

  /** From there on. False: it is not held, or is being given up. */
  seek(place: TopicPartition, to: StartAt): boolean {
    const partition = this.of(place);
    if (partition === undefined || partition.state === "revoking") return false;
    partition.isOf(this.options.topicIdOf(place.topic));
    this.read(partition, to);
    return true;
  }

  setPaused(place: TopicPartition, isPaused: boolean): void {
    const { reader } = this.options;
    const partition = this.of(place);
    if (partition === undefined) return;
    partition.isPaused = isPaused;
    if (isPaused) reader.pause(place.topic, place.partition);
    else reader.resume(place.topic, place.partition);
  }

  /** What was read, up to `max.poll.records`; the positions are behind it from now on. */
  take(): readonly ConsumerEvent[] {
    const { reader, config } = this.options;
    const events = reader.takeEvents(config.maxPollRecords);
    for (const event of events) {
      const partition = event.type === "error" && event.isFatal && event.query === undefined ? this.of(event) : undefined;
      if (partition !== undefined) partition.state = "failed";
    }
    for (const partition of this.partitions.values()) {
      if (partition.state !== "reading") continue;
      const place = reader.takenOf(partition.topic, partition.partition);
      partition.position = place?.offset;
      partition.positionEpoch = place?.leaderEpoch ?? NO_EPOCH;
      partition.isOf(reader.topicIdOf(partition.topic, partition.partition));
    }
    return events;
  }

  private read(partition: HeldPartition, from: StartAt): void {
    const { reader } = this.options;
    const place = typeof from === "string" ? undefined : from;
    partition.state = "reading";
    partition.position = place?.offset;
    partition.positionEpoch = place?.leaderEpoch ?? NO_EPOCH;
    reader.unassign(partition.topic, partition.partition);
    reader.assign(partition.topic, partition.partition, place === undefined ? from : { ...place, topicId: partition.topicId });
    if (partition.isPaused) reader.pause(partition.topic, partition.partition);
  }

  private drop(partition: HeldPartition): void {
    partition.isOver = true;
    this.partitions.delete(keyOf(partition));
    this.options.reader.unassign(partition.topic, partition.partition);
  }
}

const placeOf = ({ topic, partition }: TopicPartition): TopicPartition => ({ topic, partition });
