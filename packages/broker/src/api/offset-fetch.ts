import { type FetchedGroup, type FetchedOffsets, fetchFailed } from "@samsa/coordinators";
import { ErrorCode, type OffsetFetchRequest, type OffsetFetchResponse } from "@samsa/protocol";
import { ZERO_UUID } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";
import { findTopic } from "./topic-reference.ts";

type FetchedTopic = FetchedOffsets["topics"][number];

const FIRST_VERSION_WITH_ERROR = 2;
const FIRST_VERSION_WITH_GROUPS = 8;
const FIRST_VERSION_WITH_TOPIC_IDS = 10;
const NOTHING = { committedOffset: -1, committedLeaderEpoch: -1, metadata: "" };

/** OffsetFetch 1–10: committed offsets of groups, of some topics or of all. */
export function offsetFetchHandler(services: BrokerServices): ApiHandler<"OffsetFetch"> {
  return {
    api: "OffsetFetch",
    handle(request, context) {
      const { apiVersion } = context;
      if (apiVersion >= FIRST_VERSION_WITH_GROUPS) {
        const isById = apiVersion >= FIRST_VERSION_WITH_TOPIC_IDS;
        return context.respond({
          throttleTimeMs: 0,
          topics: [],
          errorCode: 0,
          groups: firstsOf(request.groups).map((group) => fetchGroup(services, group, isById)),
        });
      }
      const asked = groupOf(request);
      context.respond(single(asked, fetchGroup(services, asked, false), apiVersion));
    },
  };
}

/** A group that is named again is answered once: else a small request could ask for an answer without end. */
function firstsOf(groups: readonly FetchedGroup[]): readonly FetchedGroup[] {
  const seen = new Set<string>();
  return groups.filter(({ groupId }) => !seen.has(groupId) && seen.add(groupId));
}

function groupOf({ groupId, topics }: OffsetFetchRequest): FetchedGroup {
  return { groupId, memberId: null, memberEpoch: -1, topics: topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null };
}

function fetchGroup(services: BrokerServices, group: FetchedGroup, isById: boolean): FetchedOffsets {
  const coordinator = services.groups.of(group.groupId);
  if (group.groupId === "") return fetchFailed("", "INVALID_GROUP_ID");
  if (typeof coordinator === "string") return fetchFailed(group.groupId, coordinator);
  if (!isById) return coordinator.offsetFetch(group);
  return fetchById(services, group, coordinator.offsetFetch.bind(coordinator));
}

/** Offsets are kept by the topics' names: a topic that was made anew under an old one has nothing of the old one's, whose offsets went with it. */
function fetchById(services: BrokerServices, group: FetchedGroup, fetch: (group: FetchedGroup) => FetchedOffsets): FetchedOffsets {
  if (group.topics === null) {
    const fetched = fetch(group);
    const topics = fetched.topics.flatMap((topic) => {
      const known = services.image.topicByName(topic.name);
      return known === undefined ? [] : [{ ...topic, topicId: known.topicId }];
    });
    return { ...fetched, topics };
  }
  const answer = fetch({ ...group, topics: [] });
  if (answer.errorCode !== 0) return answer;
  const topics = group.topics.map((asked): FetchedTopic => {
    const found = findTopic(services, asked, true);
    if (found.topic === undefined) {
      const errorCode = ErrorCode[found.error];
      return { ...asked, partitions: asked.partitionIndexes.map((partitionIndex) => ({ partitionIndex, ...NOTHING, errorCode })) };
    }
    const [fetched] = fetch({ ...group, topics: [{ ...asked, name: found.topic.name }] }).topics;
    return { name: found.topic.name, topicId: found.topic.topicId, partitions: fetched?.partitions ?? [] };
  });
  return { ...answer, topics };
}

/** As versions below 8 have it: an error of the group is one of each partition before there was a place for it. */
function single({ topics: asked }: FetchedGroup, { topics, errorCode }: FetchedOffsets, apiVersion: number): OffsetFetchResponse {
  const answered =
    errorCode === 0 || apiVersion >= FIRST_VERSION_WITH_ERROR
      ? topics
      : (asked ?? []).map(({ name, topicId, partitionIndexes }) => ({
          name,
          topicId,
          partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, ...NOTHING, errorCode })),
        }));
  return { throttleTimeMs: 0, topics: answered.map(({ name, partitions }) => ({ name, partitions })), errorCode, groups: [] };
}
