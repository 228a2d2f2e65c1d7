import { newOffsetCommitResponse, newOffsetCommitResponseTopic } from "@samsa/protocol";
import { ZERO_UUID } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { commitErrors } from "../../src/group/offset-requests.ts";

const answering = (name: string, partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[]) =>
  newOffsetCommitResponseTopic({ name, partitions: [...partitions] });

describe("the answer to a commit", () => {
  it("is told in the order of the request, and what it does not speak of is undefined", () => {
    const offsets = [0, 1, 2].map((partition) => ({ topic: "t", partition }));
    const topics = [
      answering("other", [{ partitionIndex: 1, errorCode: 3 }]),
      answering("t", [
        { partitionIndex: 2, errorCode: 0 },
        { partitionIndex: 0, errorCode: 12 },
      ]),
    ];
    expect(commitErrors(offsets, newOffsetCommitResponse({ topics }), new Map([["t", ZERO_UUID]]))).toEqual([12, undefined, 0]);
  });

  it("is read in a time that grows with its length", () => {
    const offsets = Array.from({ length: 200_000 }, (_, index) => ({ topic: `topic-${index}`, partition: 0 }));
    const topics = offsets.map(({ topic }) => answering(topic, [{ partitionIndex: 0, errorCode: 0 }]));
    const errors = commitErrors(offsets, newOffsetCommitResponse({ topics }), new Map(offsets.map(({ topic }) => [topic, ZERO_UUID])));
    expect(errors.every((code) => code === 0)).toBe(true);
    // Seeking each partition through all of the answer outlasts what a test may take.
  });
});
