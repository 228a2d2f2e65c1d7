import { errorName, isRetriable, type JoinGroupResponse, type SyncGroupResponse } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs, invariant, micros } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";
import { earlier, stillToCome } from "../deadline.ts";
import { ASSIGNORS } from "./assignors/all.ts";
import { decodeAssignment } from "./consumer-protocol.ts";
import { type CoordinatorLookup, isLostCoordinator } from "./coordinator-lookup.ts";
import { type GroupConsumerConfig, isCooperative } from "./group-consumer-config.ts";
import type { SignsOfLife } from "./group-event.ts";
import { type Generation, generationOf, isOfProtocol, joinCall, leaveCall, syncCall } from "./group-requests.ts";
import { Heartbeats } from "./heartbeats.ts";
import type { Holder } from "./holder.ts";
import { LeaderTask } from "./leader-task.ts";
import {
  type AfterRevocation,
  isInGeneration,
  isOfIdentity,
  type MembershipState,
  type Standing,
  standingOf,
  type Syncing,
  toSync,
  wakeUpOf,
} from "./membership-state.ts";
import { RejoinPace } from "./rejoin-pace.ts";
import { type TopicPartition, without } from "./topic-partition.ts";

export interface MembershipOptions {
  readonly cluster: ClusterConnection;
  readonly coordinator: CoordinatorLookup;
  readonly config: GroupConsumerConfig;
  readonly backoff: Backoff;
  readonly holder: Holder;
}

const NO_GENERATION = -1;

/**
 * A member of a group with Kafka's classic protocol, from its first JoinGroup to its leaving; `MembershipState` has the table of its transitions.
 *
 * Invariants: what it holds was given to it in a generation that it was not told the end of; it joins only when all that it has to give up is given up.
 */
export class Membership {
  private readonly options: MembershipOptions;
  private readonly config: GroupConsumerConfig;
  private readonly holder: Holder;
  private readonly heartbeats: Heartbeats;
  private readonly pace: RejoinPace;
  private state: MembershipState = { type: "outside" };
  private topics: readonly string[] = [];
  private memberId = "";
  private generation: Generation | undefined;
  /** In which what it holds was assigned; behind `generation` where an assignment never came. */
  private heldSince = NO_GENERATION;
  private leaderTask: LeaderTask | undefined;
  private needsToJoin = false;
  private signsOfLife: SignsOfLife = { heardOfAt: micros(0), stableAt: micros(0), polledAt: micros(0) };
  private pollBy: Micros | undefined;
  private closeBy: Micros | undefined;
  private leaves = true;

  constructor(options: MembershipOptions) {
    this.options = options;
    this.config = options.config;
    this.holder = options.holder;
    this.pace = new RejoinPace(options.backoff);
    this.heartbeats = new Heartbeats({
      ...options,
      known: (generation, sentAt) => {
        if (this.generation !== generation) return;
        this.noteSigns(this.state.type === "stable" ? { heardOfAt: sentAt, stableAt: sentAt } : { heardOfAt: sentAt });
      },
      rebalancing: (generation, sentAt) => {
        if (this.generation !== generation) return;
        this.needsToJoin ||= this.state.type === "stable" || this.state.type === "revoking";
        this.noteSigns({ heardOfAt: sentAt });
      },
      unknown: (generation, error, now) => this.refusedAs(generation, error, now),
      failed: (generation, error, now) => this.failedAs(generation, error, now),
    });
  }

  get standing(): Standing {
    return standingOf(this.state, this.generation);
  }

  /** It has its assignment, and as far as it knows no other generation is being made. */
  get isStable(): boolean {
    return this.state.type === "stable" && !this.needsToJoin;
  }

  get signs(): SignsOfLife {
    return this.signsOfLife;
  }

  subscribe(topics: readonly string[], now: Now): void {
    const wanted = [...new Set(topics)].sort();
    if (this.isClosing || wanted.join(",") === this.topics.join(",")) return;
    this.topics = wanted;
    for (const topic of wanted) this.options.cluster.want(topic);
    this.needsToJoin = true;
    if (this.state.type !== "outside") return;
    this.state = { type: "unjoined", notBefore: undefined };
    this.polled(now);
  }

  /** The program is there. */
  polled(now: Now): void {
    if (this.state.type === "outside") return;
    this.pollBy = afterMs(now, this.config.maxPollIntervalMs);
    this.noteSigns({ polledAt: now.monotonicUs });
    if (this.state.type === "unpolled") this.rejoin();
  }

  /** The member is to ask for its place in the next generation. */
  requestRejoin(): void {
    this.needsToJoin = true;
  }

  /** The coordinator does not know the member, or goes on without its generation: others may have what it held. Old news count for nothing. */
  refusedAs(generation: Generation, error: string, now: Now): void {
    if (this.generation === generation) this.lose(error, now);
  }

  /** An error that will not pass, told to a request of this generation. What is wrong with a name that it has no more says nothing of the one that it has. */
  failedAs(generation: Generation, error: string, now: Now): void {
    if (isOfIdentity(error) && this.generation !== generation) return;
    this.fail(error, now);
  }

  /** An error that will not pass. Who is being closed has nothing to wait for after it. */
  fail(error: string, now: Now): void {
    if (this.state.type === "failed" || this.state.type === "leaving" || this.state.type === "closed") return;
    this.giveUpGeneration(error);
    this.state = { type: "failed", error };
    this.holder.failed(error);
    if (this.isClosing) this.leave(now);
  }

  /** `leaves`: it tells the group, which otherwise waits for it for its session; undefined: unless it is static. */
  close(now: Now, leaves = this.config.groupInstanceId === null): void {
    if (this.isClosing) return;
    this.leaves = leaves;
    this.closeBy = afterMs(now, this.config.closeTimeoutMs);
    if (this.generation === undefined) return this.leave(now);
    this.holder.revoke(this.holder.held, this.signsOfLife);
    this.state = { type: "revoking", next: { type: "leave" }, until: this.closeBy };
  }

  pump(now: Now): void {
    if (this.state.type === "outside" || this.state.type === "closed") return;
    const { refusal } = this.options.coordinator;
    if (refusal !== undefined) this.fail(refusal, now);
    if (this.pollBy !== undefined && this.pollBy <= now.monotonicUs) this.missed("the program has not polled for max.poll.interval.ms", now);
    this.advance(now);
    if (this.generation !== undefined && isInGeneration(this.state)) this.heartbeats.pump(this.generation, now);
  }

  nextDeadline(now: Now): Micros | undefined {
    if (this.state.type === "closed") return undefined;
    const at = stillToCome(wakeUpOf(this.state), now);
    const byProgram = earlier(stillToCome(this.closeBy, now), stillToCome(this.pollBy, now));
    return earlier(earlier(at, byProgram), this.heartbeats.nextDeadline(now));
  }

  private get isClosing(): boolean {
    return this.closeBy !== undefined;
  }

  private advance(now: Now): void {
    const { state } = this;
    switch (state.type) {
      case "unjoined":
        if ((state.notBefore ?? 0) <= now.monotonicUs) this.join(now);
        return;
      case "assigning":
        return this.assign(state.task, now);
      case "syncing":
        if (!state.isSent) this.sync(state, now);
        return;
      case "stable":
        if (this.needsToJoin || this.leaderTask?.isOutdated(now) === true) this.prepareToJoin(now);
        return;
      case "revoking":
        if (this.holder.hasFinishedRevocation) this.revoked(state.next, now);
        else if (state.until <= now.monotonicUs) this.notFinished(now);
        return;
      case "leaving":
        if (this.closeBy !== undefined && this.closeBy <= now.monotonicUs) this.enterClosed(now);
        return;
      default:
        return;
    }
  }

  /** What a member may not hold while the next generation is made goes first: all of it, or, if it joins cooperatively, what it wants no more. */
  private prepareToJoin(now: Now): void {
    const { held } = this.holder;
    const going = isCooperative(this.config) ? held.filter(({ topic }) => !this.topics.includes(topic)) : held;
    if (going.length === 0) return this.rejoin();
    this.revoke(going, { type: "join" }, now);
  }

  /** In a poll of Java's consumer all of this happens, and so takes no longer than a poll may. */
  private revoke(going: readonly TopicPartition[], next: AfterRevocation, now: Now): void {
    this.state = { type: "revoking", next, until: afterMs(now, this.config.maxPollIntervalMs) };
    this.holder.revoke(going, this.signsOfLife);
  }

  private notFinished(now: Now): void {
    if (this.isClosing) this.leave(now);
    else this.missed("the program has not given up its partitions within max.poll.interval.ms", now);
  }

  private revoked(next: AfterRevocation, now: Now): void {
    this.holder.revoked();
    switch (next.type) {
      case "leave":
        return this.leave(now);
      case "join":
        return this.rejoin();
      case "take":
        // Who is to have what was given up gets it in the next generation.
        this.needsToJoin = true;
        return this.take(next.assigned);
    }
  }

  private rejoin(notBefore?: Micros): void {
    this.state = { type: "unjoined", notBefore };
  }

  private join(now: Now): void {
    const { cluster, coordinator } = this.options;
    const connection = coordinator.ready(now);
    if (connection === undefined) return;
    const ownedPartitions = this.holder.held;
    invariant(isCooperative(this.config) || ownedPartitions.length === 0, "who may keep nothing joins with nothing", { group: this.config.groupId });
    const rackId = this.config.clientRack === "" ? null : this.config.clientRack;
    const subscription = { topics: this.topics, ownedPartitions, generationId: this.heldSince, rackId };
    const joining: MembershipState = { type: "joining" };
    this.state = joining;
    this.needsToJoin = false;
    const call = joinCall(this.config, this.memberId, subscription, {
      answered: (response, at) => {
        if (this.state === joining) this.joinAnswered(response, at);
      },
      failed: (error, at) => {
        if (this.state === joining) this.refused(error, false, at);
      },
    });
    cluster.send(connection, call, now);
  }

  private joinAnswered(response: JoinGroupResponse, now: Now): void {
    const error = errorName(response.errorCode);
    if (error === "MEMBER_ID_REQUIRED") {
      // Who has one already, or is given none, is not helped by asking at once.
      const isExpected = this.memberId === "" && response.memberId !== "";
      this.memberId = response.memberId;
      return this.rejoin(isExpected ? undefined : this.pace.later(now));
    }
    if (error === "UNKNOWN_MEMBER_ID") return this.lose(error, now);
    if (error !== "NONE") return this.refused(error, isRetriable(response.errorCode), now);
    const generation = generationOf(this.config, response);
    if (generation === undefined) return this.fail("INCONSISTENT_GROUP_PROTOCOL", now);
    this.memberId = generation.memberId;
    this.generation = generation;
    this.heard(now);
    const task = response.leader === generation.memberId ? new LeaderTask(this.options, ASSIGNORS[generation.protocolName], response) : undefined;
    // Behind the beginning of the new one: topics that both want stay known.
    this.leaderTask?.end();
    this.leaderTask = task;
    this.state = task === undefined ? toSync() : { type: "assigning", task };
    this.advance(now);
  }

  private assign(task: LeaderTask, now: Now): void {
    const assignments = task.assignments(now);
    if (assignments === undefined) return this.options.cluster.requestMetadata();
    this.state = toSync(assignments);
    this.advance(now);
  }

  private sync(syncing: Syncing, now: Now): void {
    const { cluster, coordinator } = this.options;
    const { generation } = this;
    invariant(generation !== undefined, "who asks for its assignment has a generation", { group: this.config.groupId });
    const connection = coordinator.ready(now);
    if (connection === undefined) return;
    syncing.isSent = true;
    const call = syncCall(this.config, generation, syncing.assignments, {
      answered: (response, at) => {
        if (this.state === syncing) this.syncAnswered(response, { generation, sentAt: now.monotonicUs }, at);
      },
      failed: (error, at) => {
        if (this.state === syncing) this.refused(error, false, at);
      },
    });
    cluster.send(connection, call, now);
  }

  private syncAnswered(response: SyncGroupResponse, { generation, sentAt }: { readonly generation: Generation; readonly sentAt: Micros }, now: Now): void {
    const error = errorName(response.errorCode);
    if (error === "UNKNOWN_MEMBER_ID" || error === "ILLEGAL_GENERATION") return this.lose(error, now);
    if (error !== "NONE") return this.refused(error, isRetriable(response.errorCode), now);
    if (!isOfProtocol(response, generation)) return this.fail("INCONSISTENT_GROUP_PROTOCOL", now);
    const assigned = decodeAssignment(response.assignment);
    if (assigned === undefined) return this.fail("MALFORMED_RESPONSE", now);
    this.heard(now);
    this.noteSigns({ heardOfAt: sentAt, stableAt: sentAt });
    // What it wants has changed since it joined.
    if (assigned.some(({ topic }) => !this.topics.includes(topic))) return this.rejoin(this.pace.later(now));
    this.pace.reset();
    const going = without(this.holder.held, assigned);
    if (going.length === 0) return this.take(assigned);
    this.revoke(going, { type: "take", assigned }, now);
  }

  /** The assignment counts from here on. */
  private take(assigned: readonly TopicPartition[]): void {
    invariant(this.generation !== undefined, "an assignment is of a generation", { group: this.config.groupId });
    const { generationId } = this.generation;
    this.state = { type: "stable" };
    this.heldSince = generationId;
    this.holder.assign(without(assigned, this.holder.held), generationId);
  }

  /** A JoinGroup or SyncGroup did not bring it further. */
  private refused(error: string, mayPass: boolean, now: Now): void {
    if (error === "REBALANCE_IN_PROGRESS") return this.rejoin(this.pace.soon(now));
    const isLost = isLostCoordinator(error);
    if (isLost) this.options.coordinator.lost(now);
    if (mayPass || isLost) this.rejoin(this.pace.later(now));
    else this.fail(error, now);
  }

  private lose(error: string, now: Now): void {
    this.giveUpGeneration(error);
    if (error !== "ILLEGAL_GENERATION") this.memberId = "";
    if (this.isClosing) this.leave(now);
    else this.rejoin(this.pace.soon(now));
  }

  private giveUpGeneration(error: string): void {
    this.generation = undefined;
    this.leaderTask?.end();
    this.leaderTask = undefined;
    this.heldSince = NO_GENERATION;
    this.heartbeats.rest();
    this.holder.lose(error, this.signsOfLife);
  }

  private noteSigns(signs: Partial<SignsOfLife>): void {
    this.signsOfLife = { ...this.signsOfLife, ...signs };
  }

  private heard(now: Now): void {
    this.options.coordinator.heard();
    this.heartbeats.heard(now);
  }

  /** The group is to go on without a member that does not work. A static one is expected back: its session decides. */
  private missed(reason: string, now: Now): void {
    this.pollBy = undefined;
    if (this.isClosing || this.state.type === "failed") return;
    if (this.config.groupInstanceId === null) this.sendLeave(reason, () => undefined, now);
    this.memberId = "";
    this.giveUpGeneration("MAX_POLL_INTERVAL_EXCEEDED");
    this.state = { type: "unpolled" };
  }

  private leave(now: Now): void {
    if (this.state.type === "leaving" || this.state.type === "closed") return;
    this.giveUpGeneration("CLOSED");
    const leaving: MembershipState = { type: "leaving" };
    this.state = leaving;
    const ended = (at: Now): void => {
      if (this.state === leaving) this.enterClosed(at);
    };
    if (!this.leaves || !this.sendLeave("the consumer is closed", ended, now)) this.enterClosed(now);
  }

  /** False: the coordinator can't be told now. */
  private sendLeave(reason: string, ended: (now: Now) => void, now: Now): boolean {
    const { cluster, coordinator } = this.options;
    const connection = this.memberId === "" ? undefined : coordinator.ready(now);
    if (connection === undefined) return false;
    cluster.send(connection, leaveCall(this.config, { memberId: this.memberId, reason }, ended), now);
    return true;
  }

  private enterClosed(now: Now): void {
    this.state = { type: "closed" };
    this.options.coordinator.release(now);
    this.holder.closed();
  }
}
