import {
  type ApiInputs,
  type ApiMessages,
  type ApiName,
  apis,
  type DecodedRequestHeader,
  encodeResponseFrame,
  ErrorCode,
  type ErrorName,
  type HeartbeatRequest,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type LeaveGroupRequest,
  newFindCoordinatorResponse,
  newFindCoordinatorResponseCoordinator,
  newHeartbeatResponse,
  newJoinGroupResponse,
  newLeaveGroupResponse,
  newOffsetCommitResponse,
  newOffsetFetchResponse,
  newOffsetFetchResponseGroup,
  newSyncGroupResponse,
  type OffsetCommitRequest,
  type OffsetFetchRequest,
  type SyncGroupRequest,
} from "@samsa/protocol";
import { concatBytes, ZERO_UUID } from "@samsa/stdx";
import type { FakeCluster } from "../fake-cluster.ts";

const GROUP_APIS = ["FindCoordinator", "JoinGroup", "SyncGroup", "Heartbeat", "LeaveGroup", "OffsetCommit", "OffsetFetch"] as const;
type GroupApi = (typeof GROUP_APIS)[number];
type Answer<N extends GroupApi> = (response: ApiInputs[N]["response"]) => void;

interface Member {
  readonly memberId: string;
  readonly instanceId: string | null;
  protocols: JoinGroupRequest["protocols"];
  assignment: Uint8Array;
  joining: Answer<"JoinGroup"> | undefined;
  syncing: Answer<"SyncGroup"> | undefined;
}

/** One request that came, as it was decoded. */
export interface Asked {
  readonly api: GroupApi;
  readonly version: number;
  readonly broker: number;
  readonly request: unknown;
}

const NO_BYTES = new Uint8Array(0);

/** The coordinator of one group, played: it does what Kafka's does, at once, unless the test says what it is to answer. */
export class FakeCoordinator {
  /** That coordinates; the others don't. */
  broker = 1;
  /** A generation is complete when so many have joined, and all who are known. */
  membersWanted = 1;
  generation = 0;
  /** By `topic-partition`. */
  readonly offsets = new Map<string, number>();
  /** The leader epochs that were committed with them. */
  readonly epochs = new Map<string, number>();
  /** Told in their place. */
  readonly lies = new Map<string, number>();
  readonly asked: Asked[] = [];
  /** Errors of single partitions, by `topic-partition`, in fetches and commits of offsets. */
  readonly partitionErrors = new Map<string, ErrorName[]>();
  /** Told to the leader besides the members that there are. */
  strangers: readonly { readonly memberId: string; readonly metadata: Uint8Array }[] = [];
  /** The leader is told to assign nothing. */
  skipsAssignment = false;
  /** What every member is given, whatever the leader says. */
  assigns: Uint8Array | undefined;
  /** Requests of these are never answered. */
  readonly silent = new Set<GroupApi>();
  private readonly cluster: FakeCluster;
  private readonly scripted = new Map<GroupApi, ErrorName[]>();
  private readonly members = new Map<string, Member>();
  /** Were told their ids, and have not joined with them yet. */
  private readonly pending = new Set<string>();
  private state: "preparing" | "completing" | "stable" = "preparing";
  private leader = "";
  private nextMember = 1;

  constructor(cluster: FakeCluster) {
    this.cluster = cluster;
    cluster.coordinator = this;
  }

  get memberIds(): readonly string[] {
    return [...this.members.keys()];
  }

  /** The next requests of this API get these errors, one each. */
  refuse(api: GroupApi, ...errors: readonly ErrorName[]): void {
    this.scripted.set(api, [...(this.scripted.get(api) ?? []), ...errors]);
  }

  /** What was to be refused is not. */
  relent(api: GroupApi): void {
    this.scripted.delete(api);
  }

  /** Requests of this API so far. */
  requestsOf<N extends GroupApi>(api: N): readonly ApiMessages[N]["request"][] {
    return this.asked.filter((asked) => asked.api === api).map(({ request }) => request as ApiMessages[N]["request"]);
  }

  /** The group makes its next generation, as when somebody else has joined. */
  rebalance(): void {
    this.state = "preparing";
    for (const member of this.members.values()) {
      member.syncing?.(newSyncGroupResponse({ errorCode: ErrorCode.REBALANCE_IN_PROGRESS }));
      member.syncing = undefined;
    }
  }

  /** The generation that is being made is made with those who have joined, if that is all it waits for. */
  proceed(): void {
    this.completeIfAllJoined();
  }

  /** A member is taken out, as when its session is over. */
  expel(memberId: string): void {
    this.members.delete(memberId);
    this.rebalance();
    this.completeIfAllJoined();
  }

  /** True: `respond` gets the answer, sooner or later. */
  handle(broker: number, { api, apiVersion, correlationId, bodyReader }: DecodedRequestHeader, respond: (frame: Uint8Array) => void): boolean {
    const name = GROUP_APIS.find((candidate) => candidate === api?.name);
    if (api === undefined || name === undefined) return false;
    const request = api.decodeRequest(bodyReader, apiVersion);
    this.asked.push({ api: name, version: apiVersion, broker, request });
    if (this.silent.has(name)) return true;
    const answer = (response: ApiInputs[ApiName]["response"]): void =>
      respond(concatBytes(encodeResponseFrame(apis[name], { apiVersion, correlationId }, response as never) as Uint8Array[]));
    const error = this.scripted.get(name)?.shift() ?? (name !== "FindCoordinator" && broker !== this.broker ? "NOT_COORDINATOR" : undefined);
    // It means what it says.
    if (error === "UNKNOWN_MEMBER_ID" && "memberId" in request) this.members.delete(request.memberId);
    this.answer(name, { request, version: apiVersion, error }, answer);
    return true;
  }

  private answer(
    name: GroupApi,
    { request, version, error }: { readonly request: unknown; readonly version: number; readonly error: ErrorName | undefined },
    answer: (response: never) => void,
  ): void {
    const errorCode = error === undefined ? 0 : ErrorCode[error];
    switch (name) {
      case "FindCoordinator":
        return (answer as Answer<"FindCoordinator">)(this.find(version, errorCode));
      case "JoinGroup":
        return this.join(request as JoinGroupRequest, { version, errorCode }, answer as Answer<"JoinGroup">);
      case "SyncGroup":
        return this.sync(request as SyncGroupRequest, errorCode, answer as Answer<"SyncGroup">);
      case "Heartbeat":
        return (answer as Answer<"Heartbeat">)(newHeartbeatResponse({ errorCode: errorCode || this.heartbeat(request as HeartbeatRequest) }));
      case "LeaveGroup":
        return (answer as Answer<"LeaveGroup">)(this.leave(request as LeaveGroupRequest, version, errorCode));
      case "OffsetCommit":
        return (answer as Answer<"OffsetCommit">)(this.commit(request as OffsetCommitRequest, errorCode, version));
      case "OffsetFetch":
        return (answer as Answer<"OffsetFetch">)(this.fetch(request as OffsetFetchRequest, errorCode, version));
    }
  }

  private find(version: number, errorCode: number): ApiInputs["FindCoordinator"]["response"] {
    const place = { nodeId: this.broker, host: "fake", port: this.cluster.portOf(this.broker), errorCode };
    if (version < 4) return newFindCoordinatorResponse(place);
    return newFindCoordinatorResponse({ coordinators: [newFindCoordinatorResponseCoordinator({ key: "group", ...place })] });
  }

  private join(request: JoinGroupRequest, { version, errorCode }: { readonly version: number; readonly errorCode: number }, answer: Answer<"JoinGroup">): void {
    const fail = (code: number, memberId = request.memberId): void => answer(newJoinGroupResponse({ errorCode: code, memberId, protocolName: "" }));
    if (errorCode !== 0) return fail(errorCode);
    const isNew = request.memberId === "";
    const memberId = isNew ? `member-${this.nextMember++}` : request.memberId;
    if (isNew && version >= 4 && request.groupInstanceId === null) {
      this.pending.add(memberId);
      return fail(ErrorCode.MEMBER_ID_REQUIRED, memberId);
    }
    if (!isNew && !this.pending.delete(memberId) && !this.members.has(memberId)) return fail(ErrorCode.UNKNOWN_MEMBER_ID);
    for (const other of this.members.values())
      if (request.groupInstanceId !== null && other.instanceId === request.groupInstanceId && other.memberId !== memberId) this.members.delete(other.memberId);
    this.members.set(memberId, {
      memberId,
      instanceId: request.groupInstanceId,
      protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: metadata.slice() })),
      assignment: NO_BYTES,
      joining: answer,
      syncing: undefined,
    });
    if (this.state !== "preparing") this.rebalance();
    this.completeIfAllJoined();
  }

  private completeIfAllJoined(): void {
    const members = [...this.members.values()];
    if (members.length < this.membersWanted || members.some(({ joining }) => joining === undefined)) return;
    this.generation++;
    this.state = "completing";
    const [first] = members;
    if (first === undefined) return;
    this.leader = first.memberId;
    const protocolName = first.protocols.find(({ name }) => members.every(({ protocols }) => protocols.some((other) => other.name === name)))?.name ?? "";
    for (const member of members) {
      const isLeader = member.memberId === this.leader;
      const { joining } = member;
      member.joining = undefined;
      const others: JoinGroupResponse["members"] = members.map(({ memberId, instanceId, protocols }) => ({
        memberId,
        groupInstanceId: instanceId,
        metadata: protocols.find(({ name }) => name === protocolName)?.metadata ?? NO_BYTES,
      }));
      joining?.(
        newJoinGroupResponse({
          generationId: this.generation,
          protocolType: "consumer",
          protocolName,
          leader: this.leader,
          skipAssignment: isLeader && this.skipsAssignment,
          memberId: member.memberId,
          members: isLeader ? [...others, ...this.strangers.map((stranger) => ({ ...stranger, groupInstanceId: null }))] : [],
        }),
      );
    }
  }

  private sync(request: SyncGroupRequest, errorCode: number, answer: Answer<"SyncGroup">): void {
    const code = errorCode || this.refusalOf(request) || (this.state === "preparing" ? ErrorCode.REBALANCE_IN_PROGRESS : 0);
    const member = this.members.get(request.memberId);
    if (code !== 0 || member === undefined) return answer(newSyncGroupResponse({ errorCode: code }));
    member.syncing = answer;
    if (request.memberId === this.leader) {
      for (const { memberId, assignment } of request.assignments) {
        const assigned = this.members.get(memberId);
        if (assigned !== undefined) assigned.assignment = assignment.slice();
      }
      this.state = "stable";
    }
    if (this.state !== "stable") return;
    for (const waiting of this.members.values()) {
      waiting.syncing?.(newSyncGroupResponse({ assignment: this.assigns ?? waiting.assignment }));
      waiting.syncing = undefined;
    }
  }

  private heartbeat(request: HeartbeatRequest): number {
    return this.refusalOf(request) || (this.state === "preparing" ? ErrorCode.REBALANCE_IN_PROGRESS : 0);
  }

  private refusalOf({ memberId, generationId }: { readonly memberId: string; readonly generationId: number }): number {
    if (!this.members.has(memberId)) return ErrorCode.UNKNOWN_MEMBER_ID;
    return generationId === this.generation ? 0 : ErrorCode.ILLEGAL_GENERATION;
  }

  private leave(request: LeaveGroupRequest, version: number, errorCode: number): ApiInputs["LeaveGroup"]["response"] {
    const leaving = version >= 3 ? request.members.map(({ memberId }) => memberId) : [request.memberId];
    for (const memberId of leaving) this.expel(memberId);
    const members = version >= 3 ? leaving.map((memberId) => ({ memberId, groupInstanceId: null, errorCode: 0 })) : [];
    return newLeaveGroupResponse({ errorCode, members });
  }

  private commit(request: OffsetCommitRequest, errorCode: number, version: number): ApiInputs["OffsetCommit"]["response"] {
    const refusal = errorCode || this.refusalOf({ memberId: request.memberId, generationId: request.generationIdOrMemberEpoch });
    const topics = request.topics.map(({ name, topicId, partitions }) => {
      const topic = version >= 10 ? this.nameOf(topicId) : name;
      const answered = partitions.map(({ partitionIndex, committedOffset, committedLeaderEpoch }) => {
        const scripted = this.partitionErrors.get(`${topic}-${partitionIndex}`)?.shift();
        const code = scripted === undefined ? refusal : ErrorCode[scripted];
        if (code === 0) this.offsets.set(`${topic}-${partitionIndex}`, committedOffset);
        if (code === 0) this.epochs.set(`${topic}-${partitionIndex}`, committedLeaderEpoch);
        return { partitionIndex, errorCode: code };
      });
      return { name, topicId, partitions: answered };
    });
    return newOffsetCommitResponse({ topics });
  }

  private fetch(request: OffsetFetchRequest, errorCode: number, version: number): ApiInputs["OffsetFetch"]["response"] {
    const answer = (topic: string, partitionIndexes: readonly number[]) =>
      partitionIndexes.map((partitionIndex) => {
        const scripted = topic === "" ? "UNKNOWN_TOPIC_ID" : this.partitionErrors.get(`${topic}-${partitionIndex}`)?.shift();
        const committedOffset =
          scripted === undefined ? (this.lies.get(`${topic}-${partitionIndex}`) ?? this.offsets.get(`${topic}-${partitionIndex}`) ?? -1) : -1;
        const committedLeaderEpoch = this.epochs.get(`${topic}-${partitionIndex}`) ?? -1;
        return { partitionIndex, committedOffset, committedLeaderEpoch, metadata: "", errorCode: scripted === undefined ? 0 : ErrorCode[scripted] };
      });
    if (version < 8)
      return newOffsetFetchResponse({
        errorCode,
        topics: (request.topics ?? []).map(({ name, partitionIndexes }) => ({ name, partitions: answer(name, partitionIndexes) })),
      });
    const groups = request.groups.map(({ groupId, topics }) => {
      const answered = (topics ?? []).map(({ name, topicId, partitionIndexes }) => ({
        name,
        topicId,
        partitions: answer(version >= 10 ? this.nameOf(topicId) : name, partitionIndexes),
      }));
      return newOffsetFetchResponseGroup({ groupId, errorCode, topics: errorCode === 0 ? answered : [] });
    });
    return newOffsetFetchResponse({ groups });
  }

  private nameOf(id: string): string {
    for (const [name, topic] of this.cluster.topics) if (topic.id === id && id !== ZERO_UUID) return name;
    return "";
  }
}
