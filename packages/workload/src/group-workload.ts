import { earlier } from "@samsa/client";
import { GroupHistory, type History, NO_OFFSET, type TopicPartition } from "@samsa/history";
import { afterMs, type Micros, type Now, type Prng } from "@samsa/stdx";
import type { ClientHost } from "./client-host.ts";
import { GROUP_TIMES, type GroupLoad } from "./group-load.ts";
import { GroupMember } from "./group-member.ts";
import type { WorkloadOptions } from "./workload-options.ts";

/** A member's place in the group, whoever has it. */
interface Seat {
  readonly strategies: GroupLoad["partitionAssignmentStrategy"];
  readonly instanceId: string | null;
  member: GroupMember | undefined;
  /** Somebody takes the place then. */
  returnsAt: Micros | undefined;
  /** Its program does nothing until then. */
  frozenUntil: Micros | undefined;
  /** And neither does the rest of its process: no heartbeat leaves. */
  isSuspended: boolean;
  isLeaving: boolean;
}

export interface GroupWorkloadOptions {
  readonly host: ClientHost;
  readonly options: WorkloadOptions;
  readonly load: GroupLoad;
  readonly prng: Prng;
}

const ABSENCE_MS = [100, 6_000] as const;
/** Some are longer than `max.poll.interval.ms`. */
const FREEZE_MS = [500, 9_000] as const;

/**
 * Members of one group that come, read, commit, leave, die, do nothing for a while, and come back.
 *
 * | seat | on | to |
 * |---|---|---|
 * | taken | it is its turn: leaves / dies / freezes, its program alone or all of its process | leaving / empty / frozen |
 * | leaving | closed | empty |
 * | frozen | time | taken |
 * | taken | its consumer has failed | empty |
 * | empty | time | taken, by another process |
 *
 * In the end all leave, and a process that has never been a member joins alone: it has nothing in mind, so it is told by the coordinator what the group has
 * committed, of all partitions.
 */
export class GroupWorkload {
  readonly history: GroupHistory;
  private readonly host: ClientHost;
  private readonly options: WorkloadOptions;
  private readonly load: GroupLoad;
  private readonly prng: Prng;
  private readonly pauses: Prng;
  private readonly seeks: Prng;
  private readonly seats: readonly Seat[];
  private churnAt: Micros | undefined;
  private pauseAt: Micros | undefined;
  private seekAt: Micros | undefined;
  private isCalm = false;
  private isOver = false;
  private heirComesBy: Micros | undefined;
  private heir: GroupMember | undefined;

  constructor({ host, options, load, prng }: GroupWorkloadOptions) {
    this.host = host;
    this.options = options;
    this.load = load;
    this.prng = prng;
    this.pauses = prng.fork("pauses");
    this.seeks = prng.fork("seeks");
    this.history = new GroupHistory(load.groupId);
    this.seats = Array.from({ length: load.members }, (_, index) => ({
      strategies: index % 2 === 0 ? load.partitionAssignmentStrategy : load.partitionAssignmentStrategy.toReversed(),
      instanceId: load.isStatic ? `${load.groupId}-${index}` : null,
      member: undefined,
      returnsAt: undefined,
      frozenUntil: undefined,
      isSuspended: false,
      isLeaving: false,
    }));
  }

  begin(now: Now): void {
    for (const seat of this.seats) this.take(seat, now);
    this.churnAt = this.nextChurn(now);
    this.pauseAt = this.nextPause(now);
    this.seekAt = this.nextSeek(now);
  }

  /** Nobody goes any more, and whoever is away comes back. */
  calm(now: Now): void {
    this.isCalm = true;
    this.churnAt = undefined;
    this.pauseAt = undefined;
    this.seekAt = undefined;
    for (const seat of this.seats) {
      seat.member?.readAll();
      this.thaw(seat, now);
      if (seat.member === undefined) seat.returnsAt = now.monotonicUs;
    }
  }

  /** The members leave, and a new one comes. The history tells if the group was not at rest. */
  handOver(log: History, now: Now): void {
    this.history.unsettled = this.unsettledBecause(log);
    this.heirComesBy = afterMs(now, GROUP_TIMES.closeTimeoutMs);
    for (const seat of this.seats) {
      seat.isLeaving = seat.member !== undefined;
      seat.member?.consumer.close(now);
    }
  }

  /** The new member was told what is committed for all partitions. */
  get isHandedOver(): boolean {
    return this.heir?.failure !== undefined || (this.heir !== undefined && this.unknownToHeir.length === 0);
  }

  /** All end at once. The history tells if nobody could learn what the group has committed. */
  end(now: Now): void {
    const unknown = this.unknownToHeir;
    if (unknown.length > 0)
      this.history.unsettled ??= `a new member was not told what is committed for ${this.options.topic.name}-${unknown.join(", -")}: it is ${this.heir?.describe() ?? "not there"}`;
    this.isOver = true;
    for (const seat of this.seats) this.empty(seat, now);
    if (this.heir === undefined) return;
    this.heir.die(now);
    this.host.remove(this.heir.client, now);
  }

  run(now: Now): void {
    if (this.isOver) return;
    if (this.heirComesBy !== undefined) return this.runHandOver(this.heirComesBy, now);
    for (const seat of this.seats) this.runSeat(seat, now);
    if (this.pauseAt !== undefined && this.pauseAt <= now.monotonicUs) this.pauseSome(now);
    if (this.seekAt !== undefined && this.seekAt <= now.monotonicUs) this.goBackSomewhere(now);
    if (this.churnAt === undefined || this.churnAt > now.monotonicUs) return;
    this.churnAt = this.nextChurn(now);
    this.churn(this.prng.pick(this.seats), now);
  }

  nextDeadline(): Micros | undefined {
    if (this.heir !== undefined) return this.heir.nextDeadline();
    let at = earlier(earlier(this.churnAt, earlier(this.pauseAt, this.seekAt)), this.heirComesBy);
    for (const { member, returnsAt, frozenUntil } of this.seats) at = earlier(at, frozenUntil ?? earlier(returnsAt, member?.nextDeadline()));
    return at;
  }

  private runSeat(seat: Seat, now: Now): void {
    if (seat.returnsAt !== undefined && seat.returnsAt <= now.monotonicUs) this.take(seat, now);
    if (seat.frozenUntil !== undefined && seat.frozenUntil > now.monotonicUs) return;
    this.thaw(seat, now);
    const { member } = seat;
    if (member !== undefined) this.runMember(member, now);
    if (member?.failure === undefined && member?.isClosed !== true) return;
    this.empty(seat, now);
    seat.returnsAt = this.isCalm ? now.monotonicUs : afterMs(now, this.prng.between(...ABSENCE_MS));
  }

  /** That it can do nothing more is written down once. */
  private runMember(member: GroupMember, now: Now): void {
    const hadFailed = member.failure !== undefined;
    member.run(now);
    if (member.failure !== undefined && !hadFailed) this.history.failed({ process: member.process, error: member.failure, atUs: now.monotonicUs });
  }

  private runHandOver(heirComesBy: Micros, now: Now): void {
    const { heir } = this;
    if (heir !== undefined) return this.runMember(heir, now);
    for (const seat of this.seats) {
      if (seat.member !== undefined) this.runMember(seat.member, now);
      if (seat.member?.isClosed === true || heirComesBy <= now.monotonicUs) this.empty(seat, now);
    }
    const [first] = this.seats;
    if (first !== undefined && this.seats.every(({ member }) => member === undefined)) this.heir = this.join(first, now);
  }

  /** Partitions of which the new member does not know what is committed. */
  private get unknownToHeir(): readonly number[] {
    const { name, partitions } = this.options.topic;
    return Array.from({ length: partitions }, (_, partition) => partition).filter(
      (partition) => !this.history.partition({ topic: name, partition }).fetches.some(({ process }) => process === this.heir?.process),
    );
  }

  private churn(seat: Seat, now: Now): void {
    const { member } = seat;
    if (member === undefined || seat.isLeaving || seat.frozenUntil !== undefined) return;
    switch (this.prng.pick(["leave", "die", "freeze", "suspend"])) {
      case "leave":
        seat.isLeaving = true;
        return member.consumer.close(now);
      case "die":
        this.empty(seat, now);
        seat.returnsAt = afterMs(now, this.prng.between(...ABSENCE_MS));
        return;
      case "suspend":
        seat.isSuspended = true;
        this.host.suspend(member.client);
        seat.frozenUntil = afterMs(now, this.prng.between(...FREEZE_MS));
        return;
      default:
        seat.frozenUntil = afterMs(now, this.prng.between(...FREEZE_MS));
    }
  }

  /** One of its partitions is read no more, and the one before is again. */
  private pauseSome(now: Now): void {
    this.pauseAt = this.nextPause(now);
    const { member } = this.pauses.pick(this.seats);
    if (member === undefined) return;
    const { assignment } = member.consumer;
    if (assignment.length > 0) member.readAllBut(this.pauses.pick(assignment));
  }

  /** In one of its partitions a member reads again, from the beginning or from anywhere before its position. */
  private goBackSomewhere(now: Now): void {
    this.seekAt = this.nextSeek(now);
    const { member, frozenUntil } = this.seeks.pick(this.seats);
    if (member === undefined || frozenUntil !== undefined) return;
    const { assignment } = member.consumer;
    if (assignment.length === 0) return;
    const place = this.seeks.pick(assignment);
    const position = member.consumer.positionOf(place.topic, place.partition);
    if (position !== undefined) member.goTo(place, this.seeks.below(4) === 0 ? NO_OFFSET : this.seeks.between(0, position));
  }

  private take(seat: Seat, now: Now): void {
    seat.returnsAt = undefined;
    seat.member = this.join(seat, now);
  }

  /** A new process joins. */
  private join({ instanceId: groupInstanceId, strategies }: Seat, now: Now): GroupMember {
    const { groupId, commitEveryMs } = this.load;
    const { process, client } = this.host.create("member");
    const config = { ...GROUP_TIMES, ...this.options.consumer, ...this.load.consumer, autoOffsetReset: GROUP_TIMES.autoOffsetReset };
    const { sessionTimeoutMs, maxPollIntervalMs, enableAutoCommit } = config;
    const consumer = client.groupConsumer({ ...config, groupId, partitionAssignmentStrategy: strategies, groupInstanceId });
    if (groupInstanceId !== null) this.history.joinedAs(process, groupInstanceId, now.monotonicUs);
    consumer.subscribe([this.options.topic.name], now);
    return new GroupMember({ process, client, consumer, history: this.history, commitEveryMs, sessionTimeoutMs, maxPollIntervalMs, enableAutoCommit });
  }

  private thaw(seat: Seat, now: Now): void {
    seat.frozenUntil = undefined;
    if (seat.isSuspended && seat.member !== undefined) this.host.resume(seat.member.client, now);
    seat.isSuspended = false;
  }

  private empty(seat: Seat, now: Now): void {
    const { member } = seat;
    seat.member = undefined;
    seat.isLeaving = false;
    seat.frozenUntil = undefined;
    seat.isSuspended = false;
    if (member === undefined) return;
    member.die(now);
    this.history.ended(member.process, now.monotonicUs);
    this.host.remove(member.client, now);
  }

  /** Undefined: all members are there and at rest, all partitions are held, and what the final reads found is processed and committed. */
  unsettledBecause(log: History): string | undefined {
    const { name, partitions } = this.options.topic;
    const missing = this.seats.filter(({ member }) => member === undefined).length;
    if (missing > 0) return `${missing} of ${this.seats.length} members are away`;
    const restless = this.seats.find(({ member }) => member?.isAtRest === false)?.member;
    if (restless !== undefined) return `a member is not at rest: ${restless.describe()}`;
    const held = this.seats.flatMap(({ member }) => member?.consumer.assignment ?? []);
    const distinct = new Set(held.map(({ partition }) => partition));
    if (held.length !== partitions || distinct.size !== partitions)
      return `${distinct.size} of ${partitions} partitions of ${name} are held, ${held.length} times`;
    for (const { member } of this.seats) {
      const behind = member?.consumer.assignment.find((place) => (member.consumer.committedOf(place.topic, place.partition) ?? 0) < lastReadEnd(log, place));
      if (behind !== undefined) return `${name}-${behind.partition} is not processed to its end: ${member?.describe()}`;
    }
    return undefined;
  }

  private nextPause(now: Now): Micros | undefined {
    const { pauseEveryMs } = this.load;
    return pauseEveryMs === undefined ? undefined : afterMs(now, this.pauses.between(Math.floor(pauseEveryMs / 2), Math.ceil(pauseEveryMs * 1.5)));
  }

  private nextSeek(now: Now): Micros | undefined {
    const { seekEveryMs } = this.load;
    return seekEveryMs === undefined ? undefined : afterMs(now, this.seeks.between(Math.floor(seekEveryMs / 2), Math.ceil(seekEveryMs * 1.5)));
  }

  private nextChurn(now: Now): Micros | undefined {
    const { churnEveryMs } = this.load;
    return churnEveryMs === undefined ? undefined : afterMs(now, this.prng.between(Math.floor(churnEveryMs / 2), Math.ceil(churnEveryMs * 1.5)));
  }
}

/** One past the last record that a final read which came to its end was given; 0: none. */
const lastReadEnd = (log: History, place: TopicPartition): number =>
  Math.max(0, ...log.partition(place).finalReads.map(({ isOk, stream }) => (isOk ? (stream.offsets.at(-1) ?? -1) + 1 : 0)));
