import { newFetchableTopicResponse, newFetchPartitionData, newFetchResponse, type FetchPartitionData, type Records } from "@samsa/protocol";
import { type Uuid, uuidFromBytes, ZERO_UUID } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { Assignment } from "../src/consumer/assignment.ts";
import { type FetchTarget, fetchRequest, partitionResults } from "../src/consumer/fetch-request.ts";
import { CONSUMER_DEFAULTS } from "../src/index.ts";

const TOPIC_ID = uuidFromBytes(new Uint8Array(16).fill(7));

const targetOf = (topic: string, partition: number, topicId: Uuid = ZERO_UUID): FetchTarget => ({
  assignment: new Assignment(topic, partition, { type: "at", offset: 0, leaderEpoch: 0 }),
  offset: 0,
  leaderEpoch: 0,
  isPreferred: false,
  topicId,
});
const resultOf = (partitionIndex: number): FetchPartitionData => newFetchPartitionData({ partitionIndex, highWatermark: partitionIndex });
const answering = (topics: readonly { readonly topic?: string; readonly topicId?: Uuid; readonly partitions: FetchPartitionData[] }[]) =>
  newFetchResponse<Records>({ responses: topics.map((topic) => newFetchableTopicResponse<Records>(topic)) });

describe("the answer to a fetch", () => {
  it("is told target by target, of a topic with a name and of one with an id, and what it does not speak of is undefined", () => {
    const targets = [targetOf("named", 1), targetOf("by id", 0, TOPIC_ID), targetOf("named", 2), targetOf("other", 1)];
    const response = answering([
      { topicId: TOPIC_ID, partitions: [resultOf(0)] },
      { topic: "named", partitions: [resultOf(2), resultOf(1)] },
    ]);
    expect(partitionResults(targets, response).map((result) => result?.partitionIndex)).toEqual([1, 0, 2, undefined]);
  });

  it("is asked for and read in a time that grows with the number of partitions", () => {
    const targets = Array.from({ length: 150_000 }, (_, partition) => targetOf("t", partition));
    const response = answering([{ topic: "t", partitions: targets.map(({ assignment }) => resultOf(assignment.partition)) }]);
    expect(fetchRequest(targets, CONSUMER_DEFAULTS).topics[0]?.partitions).toHaveLength(targets.length);
    expect(partitionResults(targets, response).every((result, index) => result?.partitionIndex === index)).toBe(true);
    // Copying what is there for each of them, and seeking each through all of the answer, outlasts what a test may take.
  });
});
