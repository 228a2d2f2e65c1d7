import type { TopicCreated, TopicToCreate } from "@samsa/controller";
import { type CreateTopicsRequest, type CreateTopicsResponse, ErrorCode, type ErrorName } from "@samsa/protocol";
import { nodeId, ZERO_UUID } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import { BrokerValues } from "../configs/broker-values.ts";
import { describeTopicConfigs } from "../configs/describe-topic.ts";
import { duplicatesOf } from "../duplicates.ts";
import type { ApiHandler } from "../request-context.ts";

type TopicRequest = CreateTopicsRequest["topics"][number];
type TopicResult = CreateTopicsResponse["topics"][number];

const METADATA_TOPIC = "__cluster_metadata";
const FIRST_VERSION_WITH_CONFIGS = 5;

/** CreateTopics 2–7, passed on to the active controller by whichever broker is asked. A name that is asked for twice is answered once, as with Kafka. */
export function createTopicsHandler(services: BrokerServices): ApiHandler<"CreateTopics"> {
  return {
    api: "CreateTopics",
    handle({ topics, timeoutMs, validateOnly }, context, now) {
      const twice = duplicatesOf(topics.map(({ name }) => name));
      const refused = [...new Set(topics.map(({ name }) => name))].flatMap((name) => {
        if (twice.has(name)) return [failed(name, "INVALID_REQUEST", "Duplicate topic name.")];
        return name === METADATA_TOPIC ? [failed(name, "INVALID_REQUEST", `Creation of internal topic ${name} is prohibited.`)] : [];
      });
      const asked = topics.filter(({ name }) => !twice.has(name) && name !== METADATA_TOPIC);
      const answer = (results: readonly TopicResult[]): void => context.respond({ throttleTimeMs: 0, topics: [...refused, ...results] });
      if (asked.length === 0) return answer([]);
      const request = { type: "create-topics", topics: asked.map((topic) => services.topicCreation.withDefaults(toCreate(topic))), validateOnly } as const;
      services.forwarded.ask(
        request,
        { timeoutMs, onGone: context.onGone },
        (outcome) => {
          if (outcome.type === "refused") return answer(asked.map(({ name }) => failed(name, outcome.error, outcome.message)));
          const showsConfigs = context.apiVersion >= FIRST_VERSION_WITH_CONFIGS;
          const values = new BrokerValues(services.config, services.image);
          answer(outcome.reply.topics.map((created, index) => toResult(created, showsConfigs ? configsOf(values, request.topics[index]) : [])));
        },
        now,
      );
    },
  };
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

/** What the topic will go by (KIP-525). Those that were asked for are valid: the topic was created. */
function configsOf(values: BrokerValues, topic: TopicToCreate | undefined): NonNullable<TopicResult["configs"]> {
  const overrides = new Map([...(topic?.configs ?? [])].flatMap(([name, value]): [string, string][] => (value === null ? [] : [[name, value]])));
  return describeTopicConfigs(values, overrides).map(({ name, value, readOnly, configSource, isSensitive }) => ({
    name,
    value,
    readOnly,
    configSource,
    isSensitive,
  }));
}

function toResult({ name, error, message, topicId, partitionCount, replicationFactor }: TopicCreated, configs: TopicResult["configs"]): TopicResult {
  if (error !== "NONE") return failed(name, error, message);
  return { ...failed(name, "NONE", null), topicId, numPartitions: partitionCount, replicationFactor, configs };
}

function failed(name: string, error: ErrorName, errorMessage: string | null): TopicResult {
  return {
    name,
    topicId: ZERO_UUID,
    errorCode: ErrorCode[error],
    errorMessage,
    topicConfigErrorCode: 0,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  };
}
