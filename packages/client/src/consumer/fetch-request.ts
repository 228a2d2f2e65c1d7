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
  for (const target of targets) {
    const members = byTopic.get(target.assignment.topic);
    if (members === undefined) byTopic.set(target.assignment.topic, [target]);
    else members.push(target);
  }
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

/** The result of each target, in their order; undefined where the response says nothing of it. There may be many thousands, in every fetch. */
export function partitionResults(targets: readonly FetchTarget[], response: FetchResponse): readonly (FetchPartitionData | undefined)[] {
  const names = new Map(targets.map(({ assignment, topicId }) => [topicId, assignment.topic]));
  const results = new Map<string, Map<number, FetchPartitionData>>();
  for (const { topic: told, topicId, partitions } of response.responses) {
    const topic = told === "" ? names.get(topicId) : told;
    if (topic === undefined) continue;
    const known = results.get(topic) ?? new Map<number, FetchPartitionData>();
    results.set(topic, known);
    for (const result of partitions) if (!known.has(result.partitionIndex)) known.set(result.partitionIndex, result);
  }
  return targets.map(({ assignment }) => results.get(assignment.topic)?.get(assignment.partition));
}
