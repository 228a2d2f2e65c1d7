import { ErrorCode } from "@samsa/protocol";
import { expect, it } from "vitest";
import { TOPIC, TOPIC_ID } from "../support/test-broker.ts";
import { forwarded } from "./version-cases/controller-answers.ts";

// Where the name is empty: seed 6 of the fuzz.
it.each([TOPIC, ""])("DeleteTopics answers each entry once, though the answer to an id looks like one that named both (%j)", (name) => {
  const entries = [
    { name: null, topicId: TOPIC_ID },
    { name, topicId: TOPIC_ID },
    { name: null, topicId: TOPIC_ID },
  ];
  const asked = { api: "DeleteTopics", version: 6, request: { topics: entries, topicNames: [], timeoutMs: 1_000 } } as const;
  const deleted = { name: TOPIC, topicId: TOPIC_ID, error: "NONE", message: null } as const;
  const refused = { name, topicId: TOPIC_ID, error: "INVALID_REQUEST", message: "You may not specify both topic name and topic id." } as const;
  const { answer } = forwarded(asked, { type: "delete-topics", error: "NONE", topics: [deleted, refused, deleted] });
  expect(answer.responses.map(({ errorCode }) => errorCode)).toEqual([0, ErrorCode.INVALID_REQUEST]);
});
