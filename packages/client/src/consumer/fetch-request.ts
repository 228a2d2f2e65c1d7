import type { FetchPartitionData, FetchRequest, FetchResponse } from "@samsa/protocol";
import { newFetchPartition, newFetchRequest, newFetchTopic } from "@samsa/protocol";
import type { Uuid } from "@samsa/stdx";
import { ZERO_UUID } from "@samsa/stdx";
import type { Assignment } from "./assignment.ts";
import type { ConsumerConfig } from "./consumer-config.ts";
import { isolationCode } from "./consumer-config.ts";

/** What one fetch asks of a partition. */
export interface FetchTarget {
  readonly assignment: Assignment;
  readonly offset: number;
  /** That the metadata name: a leader that is older or newer refuses (KIP-320). */
  readonly leaderEpoch: number;
  /** The broker that is asked is the one that the leader named, not the leader (KIP-392). */
  readonly isPreferred: boolean;
  readonly topicId: Uuid;
}

/** Session id 0 and epoch −1: every request is whole, nothing is kept for us. */
export function fetchRequest(targets: readonly FetchTarget[], config: ConsumerConfig): FetchRequest {
  const byTopic = new Map<string, FetchTarget[]>();
  for (const target of targets) byTopic.set(target.assignment.topic, [...(byTopic.get(target.assignment.topic) ?? []), target]);
  return newFetchRequest({
    maxWaitMs: config.fetchMaxWaitMs,
    minBytes: config.fetchMinBytes,
    maxBytes: config.fetchMaxBytes,
    isolationLevel: isolationCode(config.isolationLevel),
    sessionId: 0,
    sessionEpoch: -1,
    rackId: config.clientRack,
    topics: [...byTopic].map(([topic, members]) =>
      newFetchTopic({
        topic,
        topicId: members[0]?.topicId ?? ZERO_UUID,
        partitions: members.map(({ assignment, offset, leaderEpoch }) =>
          newFetchPartition({
            partition: assignment.partition,
            currentLeaderEpoch: leaderEpoch,
            fetchOffset: offset,
            partitionMaxBytes: config.maxPartitionFetchBytes,
          }),
        ),
      }),
    ),
  });
}

/** The result of each target, in their order; undefined where the response says nothing of it. */
export function partitionResults(targets: readonly FetchTarget[], response: FetchResponse): readonly (FetchPartitionData | undefined)[] {
  return targets.map(({ assignment, topicId }) => {
    const topic = response.responses.find((candidate) => (candidate.topic === "" ? candidate.topicId === topicId : candidate.topic === assignment.topic));
    return topic?.partitions.find(({ partitionIndex }) => partitionIndex === assignment.partition);
  });
}
