import type { Values } from "./message-writer.ts";
import type { Source } from "./sound-values.ts";
import { SIMPLE_GROUPS } from "./surroundings.ts";

/** To no topic. */
const SUBSCRIPTION = Uint8Array.of(0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff);
const CONSUMER_GROUPS = 20;
const LEAVE_EPOCH = -1;

/** Of requests that members of groups send: each of a member that there is, alone in its group or about to be. */
export function soundMember(values: Values, { prng, surroundings }: Source): Values | undefined {
  const joined = surroundings.members.filter(({ generationId }) => generationId >= 0);
  const member = joined.length === 0 ? undefined : prng.pick(joined);
  if ("sessionTimeoutMs" in values) {
    const pending = surroundings.members.filter(({ generationId }) => generationId < 0);
    // Who has joined and joins again begins a new generation: now and then.
    const back = prng.below(2) === 0 ? undefined : prng.below(8) === 0 || pending.length === 0 ? member : prng.pick(pending);
    return {
      groupId: back?.groupId ?? `members-${prng.below(1_000_000)}`,
      memberId: back?.memberId ?? "",
      groupInstanceId: null,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 500,
      protocolType: "consumer",
      protocols: [{ name: "range", metadata: SUBSCRIPTION }],
    };
  }
  if (!("groupId" in values)) return undefined;
  if ("generationIdOrMemberEpoch" in values && prng.below(2) === 0)
    return { groupId: prng.pick(SIMPLE_GROUPS), generationIdOrMemberEpoch: -1, memberId: "", groupInstanceId: null };
  if (member === undefined) return undefined;
  const { groupId, memberId, generationId } = member;
  const identity = { groupId, memberId, groupInstanceId: null };
  if ("generationIdOrMemberEpoch" in values) return { ...identity, generationIdOrMemberEpoch: generationId };
  if ("generationId" in values) return { ...identity, generationId, protocolType: null, protocolName: null };
  if ("members" in values) return { groupId, members: [{ memberId, groupInstanceId: null, reason: null }] };
  return "memberId" in values ? { groupId, memberId } : undefined;
}

/** Of requests about groups of the newer protocol: of a member that there is, as it would say it, or of one that joins. */
export function soundConsumer(values: Values, { prng, surroundings }: Source): Values | undefined {
  const { consumers, topics } = surroundings;
  const member = consumers.length === 0 ? undefined : prng.pick(consumers);
  if ("groupIds" in values) return member === undefined ? undefined : { groupIds: [member.groupId] };
  if (!("memberEpoch" in values && "subscribedTopicNames" in values)) return undefined;
  const rest = { instanceId: null, rackId: null, subscribedTopicRegex: null, serverAssignor: null };
  if (member !== undefined && prng.below(2) === 0) {
    const memberEpoch = prng.below(8) === 0 ? LEAVE_EPOCH : member.memberEpoch;
    return {
      ...rest,
      groupId: member.groupId,
      memberId: member.memberId,
      memberEpoch,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      topicPartitions: null,
    };
  }
  return {
    ...rest,
    groupId: `consumers-${prng.below(CONSUMER_GROUPS)}`,
    memberId: `member-${prng.below(1_000_000)}`,
    memberEpoch: 0,
    rebalanceTimeoutMs: 10_000,
    subscribedTopicNames: topics.length === 0 ? [] : [prng.pick(topics).name],
    topicPartitions: [],
  };
}
