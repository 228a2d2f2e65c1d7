import type { TopicToGrow } from "@samsa/controller";
import { type CreatePartitionsRequest, type CreatePartitionsResponse, ErrorCode, type ErrorName } from "@samsa/protocol";
import { nodeId } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";

type Result = CreatePartitionsResponse["results"][number];

/** CreatePartitions 0–3: topics grow, with replicas chosen by the controller or by the client. A topic that is named twice is answered once. */
export function createPartitionsHandler(services: BrokerServices): ApiHandler<"CreatePartitions"> {
  return {
    api: "CreatePartitions",
    handle({ topics, timeoutMs, validateOnly }, context, now) {
      const answer = (results: readonly Result[]): void =>
        context.respond({ throttleTimeMs: 0, results: [...new Map(results.map((result) => [result.name, result])).values()] });
      if (topics.length === 0) return answer([]);
      services.forwarded.ask(
        { type: "create-partitions", topics: topics.map(toGrow), validateOnly },
        { timeoutMs, onGone: context.onGone },
        (outcome) => {
          if (outcome.type === "replied") answer(outcome.reply.topics.map(({ name, error, message }) => resultOf(name, error, message)));
          else answer(topics.map(({ name }) => resultOf(name, outcome.error, outcome.message)));
        },
        now,
      );
    },
  };
}

const toGrow = ({ name, count, assignments }: CreatePartitionsRequest["topics"][number]): TopicToGrow => ({
  name,
  partitionCount: count,
  assignments: assignments?.map(({ brokerIds }) => brokerIds.map(nodeId)) ?? null,
});

const resultOf = (name: string, error: ErrorName, errorMessage: string | null): Result => ({ name, errorCode: ErrorCode[error], errorMessage });
