import type { Uuid } from "@samsa/stdx";
import type { ConsumerGroupState, MemberMetadata } from "./consumer-group-state.ts";
import { metadataHash } from "./metadata-hash.ts";
import { regexOf } from "./subscription-counts.ts";
import type { TopicsView } from "./topics-view.ts";

/** The names that a member wants: those it says, and those that its regular expression matched last. */
export function* wantedTopics({ regexes }: ConsumerGroupState, metadata: MemberMetadata): Generator<string> {
  yield* metadata.subscribedTopicNames;
  const regex = regexOf(metadata);
  if (regex !== undefined) yield* regexes.get(regex)?.topics ?? [];
}

/** Names that any member wants; whether or not there are such topics. */
export const subscribedTopics = ({ topicSubscribers }: ConsumerGroupState): ReadonlySet<string> =>
  new Set(Array.from(topicSubscribers.entries(), ([name]) => name));

/** The ids of the topics that a member wants and that there are. */
export function wantedTopicIds(group: ConsumerGroupState, metadata: MemberMetadata, topics: TopicsView): ReadonlySet<Uuid> {
  const ids = new Set<Uuid>();
  for (const name of wantedTopics(group, metadata)) {
    const topic = topics.topicByName(name);
    if (topic !== undefined) ids.add(topic.topicId);
  }
  return ids;
}

export const hashOf = ({ topicSubscribers }: ConsumerGroupState, topics: TopicsView): bigint => metadataHash(topicSubscribers, topics);

/** How many members have this expression. */
export const membersWithRegex = ({ regexMembers }: ConsumerGroupState, regex: string): number => regexMembers.get(regex) ?? 0;

/** The expressions that members have. */
export const regexesOf = ({ regexMembers }: ConsumerGroupState): readonly string[] => Array.from(regexMembers.entries(), ([regex]) => regex);
