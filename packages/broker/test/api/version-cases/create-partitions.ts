import { ErrorCode } from "@samsa/protocol";
import { expect } from "vitest";
import { TOPIC } from "../../support/test-broker.ts";
import { forwarded } from "./controller-answers.ts";
import type { VersionCase } from "./version-case.ts";

const asked = (version: number) => {
  const topics = [
    { name: TOPIC, count: 3, assignments: [{ brokerIds: [1] }, { brokerIds: [1] }] },
    { name: "other", count: 2, assignments: null },
  ];
  return { api: "CreatePartitions", version, request: { topics, timeoutMs: 1_000, validateOnly: true } } as const;
};

export const createPartitions: VersionCase = {
  api: "CreatePartitions",
  serves: [
    "has the controller add partitions, as assigned or as it sees fit",
    (version) => {
      const topics = [TOPIC, "other"].map((name) => ({ name, error: "NONE", message: null }) as const);
      const { command, answer } = forwarded(asked(version), { type: "create-partitions", error: "NONE", topics });
      expect(command).toEqual({
        type: "create-partitions",
        validateOnly: true,
        topics: [
          { name: TOPIC, partitionCount: 3, assignments: [[1], [1]] },
          { name: "other", partitionCount: 2, assignments: null },
        ],
      });
      expect(answer.results.map(({ name, errorCode, errorMessage }) => [name, errorCode, errorMessage])).toEqual([
        [TOPIC, 0, null],
        ["other", 0, null],
      ]);
    },
  ],
  refuses: [
    "each topic that the controller refuses, with its words",
    (version) => {
      const topics = [
        { name: TOPIC, error: "INVALID_PARTITIONS", message: "why" },
        { name: "other", error: "UNKNOWN_TOPIC_OR_PARTITION", message: null },
      ] as const;
      const { answer } = forwarded(asked(version), { type: "create-partitions", error: "NONE", topics });
      expect(answer.results.map(({ errorCode, errorMessage }) => [errorCode, errorMessage])).toEqual([
        [ErrorCode.INVALID_PARTITIONS, "why"],
        [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, null],
      ]);
    },
  ],
};
