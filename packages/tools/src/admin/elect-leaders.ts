import { apis, ErrorCode, newElectLeadersRequest, newElectLeadersTopicPartitions } from "@samsa/protocol";
import { brokerError, type JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import { groupByTopic, keyOf, type TopicPartition } from "./ask-leaders.ts";

/** By `topic-partition`, undefined where the leader was elected. Undefined partitions: all; then the cluster tells of none that needed no election. */
export async function electLeaders(
  session: Session,
  electionType: number,
  partitions: readonly TopicPartition[] | undefined,
): Promise<ReadonlyMap<string, JavaException | undefined>> {
  const asked =
    partitions === undefined
      ? null
      : [...groupByTopic(partitions)].map(([topic, group]) => newElectLeadersTopicPartitions({ topic, partitions: group.map(({ partition }) => partition) }));
  const { errorCode, replicaElectionResults } = await session.request({
    callName: "electLeaders",
    api: apis.ElectLeaders,
    request: () => newElectLeadersRequest({ electionType, topicPartitions: asked, timeoutMs: session.settings.apiTimeoutMs }),
    target: { type: "controller" },
    errorOf: (response) => response.errorCode,
  });
  if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode);
  const results = replicaElectionResults.flatMap(({ topic, partitionResult }) =>
    partitionResult.map(
      (result) =>
        [
          keyOf({ topic, partition: result.partitionId }),
          result.errorCode === ErrorCode.NONE ? undefined : brokerError(result.errorCode, result.errorMessage),
        ] as const,
    ),
  );
  return new Map(results);
}
