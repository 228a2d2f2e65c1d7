import { ErrorCode } from "@samsa/protocol";
import { uuid, ZERO_UUID } from "@samsa/stdx";
import { expect } from "vitest";
import { produceRequest } from "../../support/requests.ts";
import { TestBroker, TOPIC, TOPIC_ID } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

const OTHER_ID = uuid("AAAAAAAAAAAAAAAAAAAACQ");

export const produce: VersionCase = {
  api: "Produce",
  serves: [
    "gives offsets to what it appends",
    (version) => {
      const client = TestBroker.serving().client();
      client.call("Produce", version, produceRequest(version));
      const answer = client.call("Produce", version, produceRequest(version));
      expect(answer.responses).toMatchObject([{ name: version >= 13 ? "" : TOPIC, topicId: version >= 13 ? TOPIC_ID : ZERO_UUID }]);
      expect(answer.responses[0]?.partitionResponses).toMatchObject([
        { index: 0, errorCode: 0, baseOffset: 1, logAppendTimeMs: -1, logStartOffset: version >= 5 ? 0 : -1, recordErrors: [], errorMessage: null },
      ]);
    },
  ],
  refuses: [
    "a topic that is not there",
    (version) => {
      const answer = TestBroker.serving()
        .client()
        .call("Produce", version, produceRequest(version, { topic: "other", topicId: OTHER_ID }));
      expect(answer.responses[0]?.partitionResponses).toMatchObject([
        { index: 0, errorCode: version >= 13 ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, baseOffset: -1 },
      ]);
    },
  ],
};
