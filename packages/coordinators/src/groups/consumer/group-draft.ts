import { invariant } from "@samsa/stdx";
import type { ClassicGroup } from "../classic/classic-group.ts";
import { groupTombstone } from "../classic/classic-records.ts";
import type { Downgraded } from "../migration/downgrade.ts";
import type { GroupRecord } from "../records/group-record.ts";
import { groupEpochRecord, groupTombstones, memberTombstones, partitionMetadataTombstone, regexTombstone } from "./consumer-records.ts";
import {
  type ConsumerGroupRecord,
  type ConsumerGroupState,
  type ConsumerMember,
  memberOf,
  newConsumerGroup,
  replayConsumerGroup,
} from "./consumer-group-state.ts";
import { regexOf } from "./subscription-counts.ts";
import { membersWithRegex } from "./subscriptions.ts";

/**
 * The records of a decision. Where they do not fit into one batch only `decided` has to be in one: what goes ahead are pieces of a group that is not there
 * yet, and what follows is left of one that is not there any more.
 */
export interface DraftParts {
  readonly ahead: readonly GroupRecord[];
  readonly decided: readonly GroupRecord[];
  readonly behind: readonly GroupRecord[];
}

/**
 * A decision on a group while it is being made: its records so far, and the group as it will be once they are in the log. Nothing is changed until they
 * are written.
 *
 * Invariants: a group's epoch goes up only, and its targets' epoch with it, never above it (I-G3).
 */
export class GroupDraft {
  readonly groupId: string;
  /** Before the decision. */
  readonly before: ConsumerGroupState;
  private current: ConsumerGroupState;
  private readonly parts: DraftParts & { readonly ahead: GroupRecord[]; readonly decided: GroupRecord[]; readonly behind: GroupRecord[] };
  private readonly changedMembers = new Set<string>();
  private classic: ClassicGroup | undefined;
  /** Before it became a classic one. */
  private consumer: { readonly group: ConsumerGroupState; readonly decided: number; readonly changedMembers: readonly string[] } | undefined;

  /** `first`: tombstones of what is left of an earlier group. */
  constructor(groupId: string, before: ConsumerGroupState | undefined, first: readonly GroupRecord[] = []) {
    this.groupId = groupId;
    this.before = before ?? newConsumerGroup(groupId);
    this.current = this.before;
    this.parts = { ahead: [...first], decided: [], behind: [] };
  }

  get group(): ConsumerGroupState {
    return this.current;
  }

  get records(): DraftParts {
    return this.parts;
  }

  get isEmpty(): boolean {
    return [this.parts.ahead, this.parts.decided, this.parts.behind].every(({ length }) => length === 0);
  }

  /** What the group is once it is written, where that is a classic group. */
  get becomes(): ClassicGroup | undefined {
    return this.classic;
  }

  /** Members of whom something was written. */
  get touched(): ReadonlySet<string> {
    return this.changedMembers;
  }

  member(memberId: string): ConsumerMember | undefined {
    return memberOf(this.current, memberId);
  }

  write(...records: readonly ConsumerGroupRecord[]): void {
    for (const record of records) {
      const { epoch, targetEpoch } = this.current;
      this.current = replayConsumerGroup(this.current, record);
      // A group goes piece by piece.
      const isGone = record.value === null;
      invariant(isGone || this.current.epoch >= epoch, "a group's epoch goes up only", { group: this.groupId, from: epoch, to: this.current.epoch });
      invariant(isGone || this.current.targetEpoch >= targetEpoch, "targets are of later epochs only", { group: this.groupId, from: targetEpoch });
      invariant(isGone || this.current.targetEpoch <= this.current.epoch, "targets are of the group's epoch at most", { group: this.groupId, epoch });
      if ("memberId" in record.key) this.changedMembers.add(record.key.memberId);
      const isThere = this.before.epoch > 0 || this.current.epoch > 0;
      (isThere ? this.parts.decided : this.parts.ahead).push(record);
    }
  }

  /** In the place of a classic group. */
  replaceClassic(): void {
    this.parts.decided.push(groupTombstone(this.groupId));
  }

  /** The next epoch: members have to be given targets anew. */
  bumpEpoch(hash: bigint): void {
    this.write(groupEpochRecord(this.groupId, this.current.epoch + 1, hash));
    if (this.current.hasPartitionMetadata) this.write(partitionMetadataTombstone(this.groupId));
  }

  /** With the expression that nobody else has. */
  removeMember(memberId: string): void {
    const member = this.member(memberId);
    invariant(member !== undefined, "who is removed is a member", { group: this.groupId, member: memberId });
    const regex = regexOf(member.metadata);
    this.write(...memberTombstones({ groupId: this.groupId, memberId }));
    if (regex !== undefined) this.forgetRegex(regex);
  }

  /** Nothing of the consumer group is left. */
  becomeClassic({ group, value }: Downgraded): void {
    const { length } = this.parts.decided;
    this.consumer = { group: this.current, decided: length, changedMembers: [...this.changedMembers] };
    this.write(...groupTombstones(this.current));
    const isOfMember = (record: GroupRecord): boolean => "memberId" in record.key;
    const tombstones = this.parts.decided.splice(length);
    const classic: GroupRecord = { name: "GroupMetadata", key: { group: this.groupId }, value };
    this.parts.decided.push(...tombstones.filter((record) => !isOfMember(record)), classic);
    this.parts.behind.push(...tombstones.filter(isOfMember));
    this.classic = group;
  }

  /** It does not become a classic group after all. */
  stayConsumer(): void {
    const { consumer } = this;
    invariant(consumer !== undefined, "a group that stays what it is was about to become another kind", { group: this.groupId });
    this.current = consumer.group;
    this.parts.decided.length = consumer.decided;
    this.parts.behind.length = 0;
    this.changedMembers.clear();
    for (const memberId of consumer.changedMembers) this.changedMembers.add(memberId);
    this.classic = undefined;
  }

  /** Where no member has it any more. */
  forgetRegex(regex: string): void {
    if (this.current.regexes.get(regex) !== undefined && membersWithRegex(this.current, regex) === 0) this.write(regexTombstone(this.groupId, regex));
  }
}
