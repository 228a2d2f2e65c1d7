import type { TopicToDelete } from "@samsa/controller";
import { type DeleteTopicsRequest, type DeleteTopicsResponse, ErrorCode, type ErrorName, errors } from "@samsa/protocol";
import { ZERO_UUID } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";

type Result = DeleteTopicsResponse["responses"][number];

const FIRST_VERSION_WITH_IDS = 6;
const FIRST_VERSION_WITH_MESSAGES = 5;
const FIRST_VERSION_WITH_DISABLED_ERROR = 3;

/** DeleteTopics 1–6, by name or by id. Answered when the deletion is part of the metadata; brokers delete their logs soon after. */
export function deleteTopicsHandler(services: BrokerServices): ApiHandler<"DeleteTopics"> {
  return {
    api: "DeleteTopics",
    handle(request, context, now) {
      const topics = topicsOf(request, context.apiVersion);
      const answer = (responses: readonly Result[]): void => context.respond({ throttleTimeMs: 0, responses });
      if (topics.length === 0) return answer([]);
      services.forwarded.ask(
        { type: "delete-topics", topics },
        { timeoutMs: request.timeoutMs, onGone: context.onGone },
        (outcome) => {
          const isAnswered = firstsOf(topics);
          if (outcome.type === "replied")
            return answer(outcome.reply.topics.filter((_, index) => isAnswered(index)).map((topic) => toResult(topic, topic.error, topic.message)));
          const isDisabled = outcome.error === "TOPIC_DELETION_DISABLED";
          const error = isDisabled && context.apiVersion < FIRST_VERSION_WITH_DISABLED_ERROR ? "INVALID_REQUEST" : outcome.error;
          const message = isDisabled ? errors.TOPIC_DELETION_DISABLED.message : outcome.message;
          answer(
            topics
              .filter((_, index) => isAnswered(index))
              .map((topic) => toResult(topic, error, context.apiVersion < FIRST_VERSION_WITH_MESSAGES ? null : message)),
          );
        },
        now,
      );
    },
  };
}

function topicsOf({ topics, topicNames }: DeleteTopicsRequest, apiVersion: number): readonly TopicToDelete[] {
  return apiVersion >= FIRST_VERSION_WITH_IDS
    ? topics.map(({ name, topicId }) => ({ name, topicId }))
    : topicNames.map((name) => ({ name, topicId: ZERO_UUID }));
}

/**
 * As Kafka: what is asked for twice by its name, or by its id, is answered once. By what was asked for: an answer fills in the name of an id, and
 * is then not to be taken for that of an entry which named both.
 */
function firstsOf(topics: readonly TopicToDelete[]): (index: number) => boolean {
  const first = new Map<string, number>();
  for (const [index, { name, topicId }] of topics.entries()) {
    const key = name === null ? topicId : `${topicId}/${name}`;
    if (!first.has(key)) first.set(key, index);
  }
  const kept = new Set(first.values());
  return (index) => kept.has(index);
}

const toResult = ({ name, topicId }: TopicToDelete, error: ErrorName, message: string | null): Result => ({
  name,
  topicId,
  errorCode: ErrorCode[error],
  errorMessage: error === "NONE" ? null : (message ?? (error === "REQUEST_TIMED_OUT" ? null : errors[error].message)),
});
