import type { ConsumerGroupState, ConsumerMember, MemberMetadata } from "./consumer-group-state.ts";
import { memberRecord } from "./consumer-records.ts";
import type { GroupDraft } from "./group-draft.ts";
import { sameMetadata } from "./member-metadata.ts";
import type { TopicPatterns } from "./regex/topic-pattern.ts";
import { Refusal } from "./refusal.ts";
import { regexOf } from "./subscription-counts.ts";
import { membersWithRegex } from "./subscriptions.ts";
import { sameNames } from "./topic-names.ts";

/** Different ones of one group: each is tried on every topic, and the topics of each are kept. Kafka has no bound of its own. */
export const REGEXES_PER_GROUP_MAX = 100;

export interface Subscribed {
  /** The member wants other topics, or may. */
  readonly isWantedNew: boolean;
  /** And it is known which: its group needs new targets. */
  readonly isResolved: boolean;
}

/** Writes what a member wants now. An expression that nobody else has must be one; its topics are found later. */
export function subscribe(
  draft: GroupDraft,
  { memberId, metadata: before }: ConsumerMember,
  after: MemberMetadata,
  patterns: TopicPatterns,
): Subscribed | Refusal {
  const [regexBefore, regex] = [regexOf(before), regexOf(after)];
  const fault = regex === undefined || regex === regexBefore ? undefined : regexFault(draft.group, regex, patterns);
  if (fault !== undefined) return fault;
  const { groupId } = draft;
  if (draft.member(memberId) === undefined || !sameMetadata(before, after)) draft.write(memberRecord({ groupId, memberId }, after));
  if (regexBefore !== undefined && regexBefore !== regex) draft.forgetRegex(regexBefore);
  const areNamesNew = !sameNames(before.subscribedTopicNames, after.subscribedTopicNames);
  const isRegexNew = regexBefore !== regex;
  const isRegexResolved = regex === undefined || draft.group.regexes.get(regex) !== undefined;
  return { isWantedNew: areNamesNew || isRegexNew, isResolved: areNamesNew || (isRegexNew && isRegexResolved) };
}

function regexFault(group: ConsumerGroupState, regex: string, patterns: TopicPatterns): Refusal | undefined {
  if (membersWithRegex(group, regex) > 0) return undefined;
  if (group.regexMembers.size >= REGEXES_PER_GROUP_MAX)
    return new Refusal("INVALID_REGULAR_EXPRESSION", `The members of a group can have ${REGEXES_PER_GROUP_MAX} different regular expressions at most.`);
  const pattern = patterns.of(regex);
  return pattern instanceof Refusal ? pattern : undefined;
}
