import type { TopicCreated, TopicToCreate } from "@samsa/controller";
import { type CreateTopicsRequest, type CreateTopicsResponse, ErrorCode } from "@samsa/protocol";
import { nodeId, ZERO_UUID } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";

type TopicRequest = CreateTopicsRequest["topics"][number];
type TopicResult = CreateTopicsResponse["topics"][number];

/** What one request may be made of, for it goes to the controller as one message: a larger one would cost the control connection. */
const MAX_ITEMS = 10_000;
const MAX_TEXT_BYTES = 1024 * 1024;
/** Of one UTF-16 unit in UTF-8. */
const MAX_BYTES_PER_UNIT = 3;

/** CreateTopics 2–7, passed on to the active controller by whichever broker is asked. */
export function createTopicsHandler(services: BrokerServices): ApiHandler<"CreateTopics"> {
  return {
    api: "CreateTopics",
    handle(request, context, now) {
      const answer = (topics: TopicResult[]): void => context.respond({ throttleTimeMs: 0, topics });
      if (isTooLarge(request))
        return answer(request.topics.map(({ name }) => ({ ...failed(name, "INVALID_REQUEST"), errorMessage: "The request is too large." })));
      services.topicCreation.create(
        request.topics.map(toCreate),
        request.validateOnly,
        (reply) => {
          if (reply?.error === "NONE") answer(reply.topics.map(toResult));
          else answer(request.topics.map((topic) => failed(topic.name, reply === undefined ? "REQUEST_TIMED_OUT" : reply.error)));
        },
        now,
      );
    },
  };
}

function isTooLarge({ topics }: CreateTopicsRequest): boolean {
  let items = topics.length;
  let units = 0;
  for (const { name, assignments, configs } of topics) {
    units += name.length;
    items += assignments.length + configs.length;
    for (const { brokerIds } of assignments) items += brokerIds.length;
    for (const config of configs) units += config.name.length + (config.value?.length ?? 0);
  }
  return items > MAX_ITEMS || units * MAX_BYTES_PER_UNIT > MAX_TEXT_BYTES;
}

function toCreate(topic: TopicRequest): TopicToCreate {
  return {
    name: topic.name,
    partitionCount: topic.numPartitions,
    replicationFactor: topic.replicationFactor,
    assignments: topic.assignments.map(({ partitionIndex, brokerIds }) => ({ partition: partitionIndex, replicas: brokerIds.map(nodeId) })),
    configs: new Map(topic.configs.map(({ name, value }) => [name, value])),
  };
}

function toResult(created: TopicCreated): TopicResult {
  if (created.error !== "NONE") return { ...failed(created.name, created.error), errorMessage: created.message };
  return { ...failed(created.name, "NONE"), topicId: created.topicId, numPartitions: created.partitionCount, replicationFactor: created.replicationFactor };
}

function failed(name: string, error: TopicCreated["error"]): TopicResult {
  return {
    name,
    topicId: ZERO_UUID,
    errorCode: ErrorCode[error],
    errorMessage: null,
    topicConfigErrorCode: 0,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  };
}
