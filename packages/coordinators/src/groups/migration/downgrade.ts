import type { GroupMetadataValue } from "@samsa/protocol/group-records";
import { invariant } from "@samsa/stdx";
import { ClassicGroup, CONSUMER_PROTOCOL_TYPE } from "../classic/classic-group.ts";
import { type ConsumerGroupState, type ConsumerMember, membersOf } from "../consumer/consumer-group-state.ts";
import type { TopicsView } from "../consumer/topics-view.ts";
import type { GroupConfig } from "../group-config.ts";
import { sizeOfRecord } from "../records/record-batches.ts";
import { commonProtocol, protocolNames } from "./common-protocol.ts";
import { encodeAssignment } from "./consumer-protocol.ts";

/** A consumer group that becomes a classic one, and the record that says so. */
export interface Downgraded {
  readonly group: ClassicGroup;
  readonly value: GroupMetadataValue;
}

/** A classic group is one record, and a log takes no more at a time; one that would be larger stays what it is, and its members go on as they are. */
const GROUP_METADATA_BYTES_MAX = 900_000;

/** As the group is, with members that all use the classic protocol; undefined where it stays what it is. */
export function downgrade(group: ConsumerGroupState, config: GroupConfig, topics: TopicsView, wallMs: number): Downgraded | undefined {
  const { migrationPolicy } = config.consumer;
  const isAllowed = migrationPolicy === "downgrade" || migrationPolicy === "bidirectional";
  const members = [...membersOf(group)];
  const areClassic = members.every(({ metadata }) => metadata.classicMemberMetadata !== null);
  if (!isAllowed || members.length === 0 || members.length > config.maxSize || !areClassic) return undefined;
  const protocol = protocolOf(members);
  const value: GroupMetadataValue = {
    protocolType: CONSUMER_PROTOCOL_TYPE,
    generation: group.epoch,
    protocol,
    // Nobody has assigned yet: whichever coordinator reads this has the members join again.
    leader: null,
    currentStateTimestamp: wallMs,
    members: members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.metadata.instanceId,
      clientId: member.metadata.clientId,
      clientHost: member.metadata.clientHost,
      rebalanceTimeout: member.metadata.rebalanceTimeoutMs,
      sessionTimeout: classicOf(member).sessionTimeoutMs,
      subscription: classicOf(member).supportedProtocols.find(({ name }) => name === protocol)?.metadata ?? new Uint8Array(0),
      // What it has to give up, and has not said that it gave up, is in its subscription, which an upgrade goes by as well.
      assignment: encodeAssignment(member.assignment.assigned, topics),
    })),
  };
  if (sizeOfRecord({ name: "GroupMetadata", key: { group: group.groupId }, value }) > GROUP_METADATA_BYTES_MAX) return undefined;
  return { group: classicGroup(group.groupId, value, members), value };
}

/** With all the protocols of its members, of which the record has one. */
function classicGroup(groupId: string, value: GroupMetadataValue, members: readonly ConsumerMember[]): ClassicGroup {
  const classic = ClassicGroup.loaded(groupId, value);
  for (const member of members) {
    const known = classic.member(member.memberId);
    const { supportedProtocols: protocols, sessionTimeoutMs } = classicOf(member);
    if (known !== undefined) classic.update(known, { protocols, sessionTimeoutMs, rebalanceTimeoutMs: known.rebalanceTimeoutMs });
  }
  return classic;
}

/** The first one that a member prefers of those that all have. */
function protocolOf(members: readonly ConsumerMember[]): string {
  const [first = [], ...others] = protocolNames(members);
  const common = commonProtocol(first, others);
  invariant(common !== undefined, "whoever joins has a protocol in common with all others of the classic protocol", { members: members.length });
  return common;
}

function classicOf({ memberId, metadata: { classicMemberMetadata } }: ConsumerMember): NonNullable<ConsumerMember["metadata"]["classicMemberMetadata"]> {
  invariant(classicMemberMetadata !== null, "the member uses the classic protocol", { memberId });
  return classicMemberMetadata;
}
