import type { ApiInputs } from "@samsa/protocol";
import { ErrorCode } from "@samsa/protocol";
import { ZERO_UUID } from "@samsa/stdx";
import { expect } from "vitest";
import { TOPIC, TOPIC_ID } from "../../support/test-broker.ts";
import { forwarded } from "./controller-answers.ts";
import type { VersionCase } from "./version-case.ts";

const FIRST_VERSION_WITH_IDS = 6;

function requestOf(version: number): ApiInputs["DeleteTopics"]["request"] {
  const isById = version >= FIRST_VERSION_WITH_IDS;
  return { topics: isById ? [{ name: null, topicId: TOPIC_ID }] : [], topicNames: isById ? [] : [TOPIC], timeoutMs: 1_000 };
}

const asked = (version: number) => ({ api: "DeleteTopics", version, request: requestOf(version) }) as const;

export const deleteTopics: VersionCase = {
  api: "DeleteTopics",
  serves: [
    "has the controller delete the topic, by name or by id",
    (version) => {
      const { command, answer } = forwarded(asked(version), {
        type: "delete-topics",
        error: "NONE",
        topics: [{ name: TOPIC, topicId: TOPIC_ID, error: "NONE", message: null }],
      });
      const isById = version >= FIRST_VERSION_WITH_IDS;
      expect(command).toEqual({ type: "delete-topics", topics: [{ name: isById ? null : TOPIC, topicId: isById ? TOPIC_ID : ZERO_UUID }] });
      expect(answer.responses).toMatchObject([{ name: TOPIC, topicId: isById ? TOPIC_ID : ZERO_UUID, errorCode: 0, errorMessage: null }]);
    },
  ],
  refuses: [
    "where the controller deletes no topics, in words that the version knows",
    (version) => {
      const { answer } = forwarded(asked(version), { type: "delete-topics", error: "TOPIC_DELETION_DISABLED", topics: [] });
      const error = version < 3 ? "INVALID_REQUEST" : "TOPIC_DELETION_DISABLED";
      expect(answer.responses).toMatchObject([{ errorCode: ErrorCode[error], errorMessage: version < 5 ? null : "Topics cannot be deleted: it is disabled." }]);
    },
  ],
};
