import type { LeaderElected, PartitionName } from "@samsa/controller";
import { type ElectLeadersRequest, type ElectLeadersResponse, ErrorCode, type ErrorName, errors } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";

type TopicResult = ElectLeadersResponse["replicaElectionResults"][number];

/** As requests number them. */
const ELECTION_TYPES = ["preferred", "unclean"] as const;
const FIRST_VERSION_WITH_ERROR = 1;

/** ElectLeaders 0–2: preferred leaders, or from 1 on leaders where nobody in sync is left (KIP-460). Asked for all, those without need are left out. */
export function electLeadersHandler(services: BrokerServices): ApiHandler<"ElectLeaders"> {
  return {
    api: "ElectLeaders",
    handle(request, context, now) {
      const answer = (error: ErrorName, replicaElectionResults: readonly TopicResult[]): void =>
        context.respond({ throttleTimeMs: 0, errorCode: context.apiVersion >= FIRST_VERSION_WITH_ERROR ? ErrorCode[error] : 0, replicaElectionResults });
      const electionType = ELECTION_TYPES[request.electionType];
      if (electionType === undefined) return answer("INVALID_REQUEST", []);
      const partitions = partitionsOf(request);
      services.forwarded.ask(
        { type: "elect-leaders", electionType, partitions },
        { timeoutMs: request.timeoutMs, onGone: context.onGone },
        (outcome) => {
          if (outcome.type === "replied") return answer("NONE", byTopic(outcome.reply.partitions));
          const { error, message } = outcome;
          // The first version has no error for all.
          answer(error, byTopic((partitions ?? []).map((one) => ({ ...one, error, message }))));
        },
        now,
      );
    },
  };
}

const partitionsOf = ({ topicPartitions }: ElectLeadersRequest): readonly PartitionName[] | null =>
  topicPartitions?.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition }))) ?? null;

type Elected = Omit<LeaderElected, "error"> & { readonly error: ErrorName };

function byTopic(elected: readonly Elected[]): readonly TopicResult[] {
  const results = new Map<string, TopicResult["partitionResult"][number][]>();
  for (const { topic, partition, error, message } of elected) {
    const partitions = results.get(topic) ?? [];
    results.set(topic, partitions);
    partitions.push({ partitionId: partition, errorCode: ErrorCode[error], errorMessage: error === "NONE" ? null : (message ?? errors[error].message) });
  }
  return [...results].map(([topic, partitionResult]) => ({ topic, partitionResult }));
}
