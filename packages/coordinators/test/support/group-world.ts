import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
  HeartbeatRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  OffsetCommitResponse,
  SyncGroupResponse,
} from "@samsa/protocol";
import { newConsumerGroupHeartbeatRequest, newJoinGroupRequest, newOffsetCommitRequest, newSyncGroupRequest } from "@samsa/protocol";
import { micros, type Now, offset, type Offset, Prng, wallMs, ZERO_UUID } from "@samsa/stdx";
import { type ErrorName, errorName } from "@samsa/protocol";
import {
  decodeGroupRecord,
  encodeGroupRecord,
  GroupCoordinator,
  type FetchedOffsets,
  type GroupConfig,
  type GroupPutAside,
  type GroupRecord,
} from "../../src/index.ts";
import { sizeOfRecord } from "../../src/groups/records/record-batches.ts";
import { TestTopics } from "./test-topics.ts";

export const GROUP = "group";
export const CONFIG: GroupConfig = {
  minSessionTimeoutMs: 10,
  maxSessionTimeoutMs: 60_000,
  initialRebalanceDelayMs: 0,
  maxSize: 0x7fff_ffff,
  offsetMetadataMaxBytes: 10,
  offsetsRetentionMs: 100_000,
  offsetsRetentionCheckIntervalMs: 10_000,
  offsetsCommitTimeoutMs: 5_000,
  consumer: {
    sessionTimeoutMs: 1_000,
    heartbeatIntervalMs: 100,
    sessionTimeoutLimits: { min: 10, max: 60_000 },
    heartbeatIntervalLimits: { min: 10, max: 60_000 },
    assignmentIntervalMs: 0,
    maxSize: 0x7fff_ffff,
    assignors: ["uniform", "range"],
    migrationPolicy: "bidirectional",
  },
};

export interface Asked<Response> {
  response: Response | undefined;
}

export interface JoinInput {
  readonly memberId?: string;
  readonly instanceId?: string | null;
  readonly protocols?: readonly string[];
  readonly metadata?: string;
  /** In the place of the metadata. */
  readonly subscription?: Uint8Array;
  readonly apiVersion?: number;
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  readonly protocolType?: string;
}

/** A piece of a request, as fields of frames are. */
const bytes = (text: string): Uint8Array => new TextEncoder().encode(`before${text}after`).subarray(6, 6 + text.length);
export const textOf = (value: Uint8Array): string => new TextDecoder().decode(value);

/** A coordinator over a log in memory, of which records are committed when the test says so; time passes when it says so. */
export class GroupWorld {
  coordinator: GroupCoordinator;
  /** Batches, in their order. */
  readonly log: (readonly GroupRecord[])[] = [];
  refuses: ErrorName | undefined;
  /** Batches that were refused so. */
  refused = 0;
  /** As max.message.bytes: of the keys and values of one batch. */
  batchBytesMax = 1_000_000;
  /** So many more, and then none. */
  takesBatches = Number.POSITIVE_INFINITY;
  /** By the coordinator, of what it found in the log. */
  putAside: readonly GroupPutAside[] = [];
  /** Batches that were too large. */
  tooLarge = 0;
  readonly topics = new TestTopics();
  /** Batches are committed as soon as they are appended. */
  commitsAtOnce = true;
  private readonly config: GroupConfig;
  private committed = 0;
  private ms = 1_000;
  private epoch = 0;

  constructor(changes: Partial<GroupConfig> = {}) {
    this.config = { ...CONFIG, ...changes };
    this.coordinator = this.load();
  }

  get now(): Now {
    return { monotonicUs: micros(this.ms * 1000), wallMs: wallMs(this.ms) };
  }

  /** Another broker leads the partition: it knows what is committed. */
  failOver(): void {
    this.coordinator.close(this.now);
    this.log.splice(this.committed);
    this.coordinator = this.load();
  }

  commit(): void {
    this.committed = this.log.length;
    this.settle();
  }

  pass(ms: number): void {
    const endMs = this.ms + ms;
    for (let next = this.nextMs(); next !== undefined && next <= endMs; next = this.nextMs()) {
      this.ms = Math.max(this.ms, next);
      this.coordinator.deadline(this.now);
      this.settle();
    }
    this.ms = endMs;
  }

  /** What a request does not say of itself is as in one of a member that says nothing new. */
  beat(request: Partial<ConsumerGroupHeartbeatRequest>, apiVersion = 1): Asked<ConsumerGroupHeartbeatResponse> {
    const full = newConsumerGroupHeartbeatRequest({ groupId: GROUP, memberId: "", memberEpoch: 0, ...request });
    const client = { clientId: "client", clientHost: "/here", apiVersion };
    return this.ask((answer) => this.coordinator.consumerGroupHeartbeat({ request: full, client, answer }, this.now));
  }

  topicsChanged(): void {
    this.coordinator.topicsChanged(this.now);
    this.settle();
  }

  join(input: JoinInput = {}): Asked<JoinGroupResponse> {
    const {
      memberId = "",
      instanceId = null,
      protocols = ["range"],
      metadata = "",
      apiVersion = 3,
      sessionTimeoutMs = 1_000,
      rebalanceTimeoutMs = 2_000,
    } = input;
    const request = newJoinGroupRequest({
      groupId: GROUP,
      memberId,
      groupInstanceId: instanceId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocolType: input.protocolType ?? "consumer",
      protocols: protocols.map((name) => ({ name, metadata: input.subscription ?? bytes(metadata) })),
    });
    return this.ask((answer) => this.coordinator.joinGroup({ request, client: { clientId: "client", clientHost: "/here", apiVersion }, answer }, this.now));
  }

  sync(member: JoinGroupResponse, assignments: Readonly<Record<string, string>> = {}, instanceId: string | null = null): Asked<SyncGroupResponse> {
    const request = newSyncGroupRequest({
      groupId: GROUP,
      memberId: member.memberId,
      generationId: member.generationId,
      groupInstanceId: instanceId,
      assignments: Object.entries(assignments).map(([memberId, assignment]) => ({ memberId, assignment: bytes(assignment) })),
    });
    return this.ask((answer) => this.coordinator.syncGroup({ request, answer }, this.now));
  }

  /** What became of it, once that is committed. */
  leave(members: LeaveGroupRequest["members"]): { outcome: ErrorName | readonly ErrorName[] | undefined } {
    const asked: { outcome: ErrorName | readonly ErrorName[] | undefined } = { outcome: undefined };
    this.coordinator.leaveGroup(GROUP, members, (outcome) => (asked.outcome = outcome), this.now);
    this.settle();
    return asked;
  }

  heartbeat(member: Pick<JoinGroupResponse, "memberId" | "generationId">, groupInstanceId: string | null = null): ErrorName {
    const request: HeartbeatRequest = { groupId: GROUP, memberId: member.memberId, generationId: member.generationId, groupInstanceId };
    return this.coordinator.heartbeat(request, this.now);
  }

  commitOffset(
    committedOffset: number,
    { memberId = "", generationId = -1, metadata = "", topic = "orders", partition = 0, apiVersion = 8, retentionTimeMs = -1 } = {},
  ): Asked<OffsetCommitResponse> {
    const partitions = [{ partitionIndex: partition, committedOffset, committedLeaderEpoch: -1, committedMetadata: metadata }];
    const request = newOffsetCommitRequest({
      groupId: GROUP,
      memberId,
      generationIdOrMemberEpoch: generationId,
      retentionTimeMs,
      topics: [{ name: topic, topicId: ZERO_UUID, partitions }],
    });
    return this.ask((answer) => this.coordinator.offsetCommit(request, apiVersion, answer, this.now));
  }

  offset(topic = "orders"): number | undefined {
    return this.fetchOffset(topic).topics[0]?.partitions[0]?.committedOffset;
  }

  fetchOffset(topic = "orders", memberId: string | null = null, memberEpoch = -1): FetchedOffsets {
    return this.coordinator.offsetFetch({ groupId: GROUP, memberId, memberEpoch, topics: [{ name: topic, topicId: ZERO_UUID, partitionIndexes: [0] }] });
  }

  /** Members join together, and the first one assigns to each its name. */
  stable(count: number, input: JoinInput = {}): readonly JoinGroupResponse[] {
    const asked = Array.from({ length: count }, () => this.join(input));
    this.pass(0);
    const members = asked.map(({ response }) => response as JoinGroupResponse);
    const assignments = Object.fromEntries(members.map(({ memberId }, at) => [memberId, `part ${at}`]));
    for (const member of members) this.sync(member, member.leader === member.memberId ? assignments : {});
    return members;
  }

  /** With assignments in the bytes of clients, by member. */
  syncOf({ memberId, generationId }: JoinGroupResponse, assigned: ReadonlyMap<string, Uint8Array>): Asked<SyncGroupResponse> {
    const assignments = Array.from(assigned, ([id, assignment]) => ({ memberId: id, assignment }));
    const request = newSyncGroupRequest({ groupId: GROUP, memberId, generationId, assignments });
    return this.ask((answer) => this.coordinator.syncGroup({ request, answer }, this.now));
  }

  /** The leader assigns. */
  syncAll(members: readonly JoinGroupResponse[], assignments: ReadonlyMap<string, Uint8Array>): void {
    for (const member of members) this.syncOf(member, member.leader === member.memberId ? assignments : new Map());
  }

  get state(): string {
    return this.coordinator.describeGroup(GROUP, 5).groupState;
  }

  /** After whatever was asked: what is committed is answered. */
  settle(): void {
    if (this.commitsAtOnce) this.committed = this.log.length;
    this.coordinator.committedTo(offset(this.committed), this.now);
  }

  private ask<Response>(run: (answer: (response: Response) => void) => void): Asked<Response> {
    const asked: Asked<Response> = { response: undefined };
    run((response) => {
      if (asked.response !== undefined) throw new Error("answered twice");
      asked.response = response;
    });
    this.settle();
    return asked;
  }

  private load(): GroupCoordinator {
    const append = (records: readonly GroupRecord[]) => {
      if (this.refuses !== undefined) this.refused++;
      if (this.refuses !== undefined) return { type: "failed", error: this.refuses } as const;
      // As of the broker's log.
      if (sizeOf(records) === Number.POSITIVE_INFINITY) return { type: "failed", error: "INVALID_REQUEST" } as const;
      if (sizeOf(records) > this.batchBytesMax) {
        this.tooLarge++;
        return { type: "failed", error: "MESSAGE_TOO_LARGE" } as const;
      }
      if (this.takesBatches-- <= 0) return { type: "failed", error: "NOT_ENOUGH_REPLICAS" } as const;
      this.log.push(records);
      return { type: "appended", endOffset: offset(this.log.length) as Offset } as const;
    };
    const coordinator = new GroupCoordinator({ config: this.config, prng: new Prng(++this.epoch), log: { append }, topics: () => this.topics });
    for (const [at, records] of this.log.entries()) coordinator.loaded(readAgain(records), offset(at + 1));
    this.putAside = coordinator.opened(this.now);
    return coordinator;
  }

  private nextMs(): number | undefined {
    const next = this.coordinator.nextDeadlineUs;
    return next === undefined ? undefined : next / 1000;
  }
}

/** As a log gives them back. What can't be written may be there all the same: a test has put it there, as another client's bytes. */
const readAgain = (records: readonly GroupRecord[]): readonly GroupRecord[] =>
  records.flatMap((record) => (sizeOf([record]) === Number.POSITIVE_INFINITY ? record : (decodeGroupRecord(encodeGroupRecord(record)) ?? [])));

const sizeOf = (records: readonly GroupRecord[]): number => records.map(sizeOfRecord).reduce((sum, size) => sum + size, 0);

export const errorOf = (asked: Asked<{ readonly errorCode: number }>): string | undefined =>
  asked.response === undefined ? undefined : errorName(asked.response.errorCode);
