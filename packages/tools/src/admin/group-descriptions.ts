import { decodeAssignment } from "@samsa/client";
import {
  apis,
  type ConsumerGroupDescribeResponse,
  type DescribeGroupsResponse,
  ErrorCode,
  newConsumerGroupDescribeRequest,
  newDescribeGroupsRequest,
} from "@samsa/protocol";
import { brokerError, illegalArgument, JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import type { TopicPartition } from "./ask-leaders.ts";
import { type Coordinator, findCoordinator } from "./coordinator.ts";

export interface GroupMember {
  readonly id: string;
  /** Null: the member is not static. */
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly assignment: readonly TopicPartition[];
  /** None in a classic group. */
  readonly epoch: number | undefined;
  /** Empty in a classic group. */
  readonly targetAssignment: readonly TopicPartition[];
  /** False: it speaks the classic protocol in a group of the consumer protocol. Undefined: the broker does not say, or the group is classic. */
  readonly isUpgraded: boolean | undefined;
}

export interface GroupDescription {
  readonly id: string;
  readonly coordinator: Coordinator;
  readonly assignor: string;
  readonly state: string;
  readonly members: readonly GroupMember[];
  /** None in a classic group. */
  readonly groupEpoch: number | undefined;
  readonly targetAssignmentEpoch: number | undefined;
}

type ConsumerGroup = ConsumerGroupDescribeResponse["groups"][number];
type ClassicGroup = DescribeGroupsResponse["groups"][number];

const CLASSIC_MEMBER = 0;
const UNKNOWN_MEMBER_TYPE = -1;
const PROTOCOL_TYPE = "consumer";

/** By id, each once: groups of the consumer protocol, classic groups of consumers, and those that only have offsets. */
export async function describeGroups(session: Session, ids: readonly string[]): Promise<ReadonlyMap<string, GroupDescription | JavaException>> {
  const described = [...new Set(ids)].map(async (id) => [id, await describeGroup(session, id)] as const);
  return new Map(await Promise.all(described));
}

async function describeGroup(session: Session, id: string): Promise<GroupDescription | JavaException> {
  try {
    const coordinator = await findCoordinator(session, id);
    const group = await askConsumerProtocol(session, id);
    return group === undefined ? ofClassic(await askClassic(session, id), coordinator) : ofConsumer(group, coordinator);
  } catch (error) {
    if (error instanceof JavaException) return error;
    throw error;
  }
}

/** Undefined: it is no group of the consumer protocol, or the broker does not know this protocol. */
async function askConsumerProtocol(session: Session, id: string): Promise<ConsumerGroup | undefined> {
  try {
    const { groups } = await session.request({
      callName: "describeConsumerGroups",
      api: apis.ConsumerGroupDescribe,
      request: () => newConsumerGroupDescribeRequest({ groupIds: [id] }),
      target: { type: "group", groupId: id },
      errorOf: (response) => response.groups[0]?.errorCode ?? ErrorCode.NONE,
    });
    const group = groups.find(({ groupId }) => groupId === id);
    if (group?.errorCode === ErrorCode.GROUP_ID_NOT_FOUND || group?.errorCode === ErrorCode.UNSUPPORTED_VERSION) return undefined;
    return withoutError(group);
  } catch (error) {
    if (error instanceof JavaException && error.javaClass.endsWith(".UnsupportedVersionException")) return undefined;
    throw error;
  }
}

async function askClassic(session: Session, id: string): Promise<ClassicGroup> {
  const { groups } = await session.request({
    callName: "describeConsumerGroups",
    api: apis.DescribeGroups,
    request: () => newDescribeGroupsRequest({ groups: [id] }),
    target: { type: "group", groupId: id },
    errorOf: (response) => response.groups[0]?.errorCode ?? ErrorCode.NONE,
  });
  const group = withoutError(groups.find(({ groupId }) => groupId === id));
  if (group.protocolType !== "" && group.protocolType !== PROTOCOL_TYPE)
    throw illegalArgument(`GroupId ${id} is not a consumer group (${group.protocolType}).`);
  return group;
}

function withoutError<G extends ConsumerGroup | ClassicGroup>(group: G | undefined): G {
  if (group === undefined) throw brokerError(ErrorCode.UNKNOWN_SERVER_ERROR);
  if (group.errorCode !== ErrorCode.NONE) throw brokerError(group.errorCode, group.errorMessage);
  return group;
}

const ofConsumer = (group: ConsumerGroup, coordinator: Coordinator): GroupDescription => ({
  id: group.groupId,
  coordinator,
  assignor: group.assignorName,
  state: group.groupState,
  members: group.members.map((member) => ({
    id: member.memberId,
    instanceId: member.instanceId,
    clientId: member.clientId,
    host: member.clientHost,
    assignment: partitionsOf(member.assignment.topicPartitions),
    epoch: member.memberEpoch,
    targetAssignment: partitionsOf(member.targetAssignment.topicPartitions),
    isUpgraded: member.memberType === UNKNOWN_MEMBER_TYPE ? undefined : member.memberType !== CLASSIC_MEMBER,
  })),
  groupEpoch: group.groupEpoch,
  targetAssignmentEpoch: group.assignmentEpoch,
});

const ofClassic = (group: ClassicGroup, coordinator: Coordinator): GroupDescription => ({
  id: group.groupId,
  coordinator,
  assignor: group.protocolData,
  state: group.groupState,
  members: group.members.map((member) => ({
    id: member.memberId,
    instanceId: member.groupInstanceId,
    clientId: member.clientId,
    host: member.clientHost,
    assignment: classicAssignment(member.memberAssignment),
    epoch: undefined,
    targetAssignment: [],
    isUpgraded: undefined,
  })),
  groupEpoch: undefined,
  targetAssignmentEpoch: undefined,
});

const partitionsOf = (topics: readonly { readonly topicName: string; readonly partitions: readonly number[] }[]): readonly TopicPartition[] =>
  topics.flatMap(({ topicName, partitions }) => partitions.map((partition) => ({ topic: topicName, partition })));

/** What the group's leader gave to a member: bytes that only consumers understand. */
function classicAssignment(bytes: Uint8Array): readonly TopicPartition[] {
  const assignment = decodeAssignment(bytes);
  if (assignment === undefined) throw new JavaException("org.apache.kafka.common.protocol.types.SchemaException", "Error reading a member's assignment");
  return assignment;
}
