import { ErrorCode } from "@samsa/protocol";
import { uuid, ZERO_UUID } from "@samsa/stdx";
import { expect } from "vitest";
import { TestBroker } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

const NEW_ID = uuid("AAAAAAAAAAAAAAAAAAAAAg");

/** One topic is asked for, and the controller answers so. */
function create(version: number, error: "NONE" | "TOPIC_ALREADY_EXISTS") {
  const host = TestBroker.serving({ topics: [] });
  const client = host.client();
  const topic = { name: "new", numPartitions: 3, replicationFactor: 1, assignments: [], configs: [{ name: "min.insync.replicas", value: "1" }] };
  client.ask("CreateTopics", version, { topics: [topic], timeoutMs: 1_000, validateOnly: false });
  const asked = host.asked.at(-1);
  const isMade = error === "NONE";
  asked?.answer({
    type: "create-topics",
    error: "NONE",
    topics: [{ name: "new", error, message: isMade ? null : "why", topicId: isMade ? NEW_ID : ZERO_UUID, partitionCount: 3, replicationFactor: 1 }],
  });
  return { asked, answers: client.answers };
}

export const createTopics: VersionCase = {
  api: "CreateTopics",
  serves: [
    "passes the topic on to the controller and tells what became of it",
    (version) => {
      const { asked, answers } = create(version, "NONE");
      expect(asked?.request).toMatchObject({
        type: "create-topics",
        validateOnly: false,
        topics: [{ name: "new", partitionCount: 3, replicationFactor: 1, configs: new Map([["min.insync.replicas", "1"]]) }],
      });
      const sizes = version >= 5 ? { numPartitions: 3, replicationFactor: 1 } : {};
      expect(answers).toMatchObject([{ topics: [{ name: "new", errorCode: 0, errorMessage: null, ...sizes, topicId: version >= 7 ? NEW_ID : ZERO_UUID }] }]);
    },
  ],
  refuses: [
    "what the controller refuses, with its words",
    (version) => {
      const { answers } = create(version, "TOPIC_ALREADY_EXISTS");
      expect(answers).toMatchObject([{ topics: [{ name: "new", errorCode: ErrorCode.TOPIC_ALREADY_EXISTS, errorMessage: "why" }] }]);
    },
  ],
};
