import type { GroupMetadataValue } from "@samsa/protocol/group-records";
import { type ConsumerGroupState, membersOf, replayConsumerGroup } from "./consumer/consumer-group-state.ts";
import { heldPartitions } from "./consumer/member-assignment.ts";
import { partitionKey } from "./consumer/partitions.ts";
import { commonProtocol, protocolNames } from "./migration/common-protocol.ts";
import type { GroupsState } from "./groups-state.ts";

/** A group whose records disagree: nobody can go on with it. Its offsets stay. */
export interface GroupPutAside {
  readonly groupId: string;
  readonly type: "consumer" | "classic";
  readonly because: string;
}

export interface JudgedGroups {
  /** In which every group is one that decisions can be made on: what is put aside is pieces, or nothing. */
  readonly state: GroupsState;
  readonly putAside: readonly GroupPutAside[];
}

/** So far below the largest number that who takes over has room until another one does. */
const EPOCH_MAX = 0x7fff_0000;

/**
 * What a coordinator that takes over can go on with. Whatever is decided rests on invariants that every decision keeps; a log that was damaged, or that a
 * stranger wrote to, may break them, and each coordinator in turn would die of it.
 */
export function judgedGroups(state: GroupsState): JudgedGroups {
  const putAside: GroupPutAside[] = [];
  const consumer = new Map<string, ConsumerGroupState>();
  const classic = new Map<string, undefined>();
  for (const [groupId, group] of state.consumer.entries()) {
    const because = consumerDisagreement(group);
    if (because === undefined) continue;
    putAside.push({ groupId, type: "consumer", because });
    consumer.set(groupId, replayConsumerGroup(group, { name: "ConsumerGroupMetadata", key: { groupId }, value: null }));
  }
  for (const [groupId, value] of state.classic.entries()) {
    const because = classicDisagreement(value);
    if (because === undefined) continue;
    putAside.push({ groupId, type: "classic", because });
    classic.set(groupId, undefined);
  }
  return { state: { ...state, consumer: state.consumer.with(consumer), classic: state.classic.with(classic) }, putAside };
}

/** A number of 32 bits that goes up only, and that no group comes near to: behind the last one nothing could be written of it, nor told to its members. */
const canGoOn = (epoch: number): boolean => epoch >= 0 && epoch < EPOCH_MAX;

/** Undefined where the group is one; of pieces of one nothing is asked. */
function consumerDisagreement(group: ConsumerGroupState): string | undefined {
  const { epoch, targetEpoch, members, assignments, owners } = group;
  if (epoch === 0) return undefined;
  if (!canGoOn(epoch)) return `it is in epoch ${epoch}`;
  if (targetEpoch > epoch) return `its targets are of epoch ${targetEpoch}, and it is in epoch ${epoch}`;
  let held = 0;
  for (const [memberId, assignment] of assignments.entries()) {
    if (members.get(memberId) === undefined) return `${memberId} has an assignment and is no member`;
    if (assignment.memberEpoch > targetEpoch) return `${memberId} is in epoch ${assignment.memberEpoch}, and its targets are of epoch ${targetEpoch}`;
    for (const partition of heldPartitions(assignment)) {
      held++;
      if (owners.get(partitionKey(...partition)) !== memberId) return `${memberId} and another member have ${partitionKey(...partition)}`;
    }
  }
  if (held !== owners.size) return "partitions are of nobody who has them";
  return haveCommonProtocol(group) ? undefined : "its members of the classic protocol have none in common";
}

function haveCommonProtocol(group: ConsumerGroupState): boolean {
  const [first, ...others] = protocolNames(membersOf(group));
  return first === undefined || commonProtocol(first, others) !== undefined;
}

function classicDisagreement({ members, protocol, generation }: GroupMetadataValue): string | undefined {
  if (!canGoOn(generation)) return `it is in generation ${generation}`;
  if (members.length > 0 && protocol === null) return "it has members and no protocol";
  return new Set(members.map(({ memberId }) => memberId)).size < members.length ? "a member is in it twice" : undefined;
}
