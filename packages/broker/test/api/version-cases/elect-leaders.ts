import type { ApiInputs } from "@samsa/protocol";
import { ErrorCode } from "@samsa/protocol";
import { expect } from "vitest";
import { TestBroker, TOPIC } from "../../support/test-broker.ts";
import { forwarded } from "./controller-answers.ts";
import type { VersionCase } from "./version-case.ts";

const FIRST_VERSION_WITH_TYPE = 1;
const UNCLEAN = 1;

const requestOf = (version: number): ApiInputs["ElectLeaders"]["request"] => ({
  electionType: version >= FIRST_VERSION_WITH_TYPE ? UNCLEAN : 0,
  topicPartitions: [{ topic: TOPIC, partitions: [0, 1] }],
  timeoutMs: 1_000,
});

export const electLeaders: VersionCase = {
  api: "ElectLeaders",
  serves: [
    "has the controller elect, and says of each partition what came of it",
    (version) => {
      const { command, answer } = forwarded(
        { api: "ElectLeaders", version, request: requestOf(version) },
        {
          type: "elect-leaders",
          error: "NONE",
          partitions: [
            { topic: TOPIC, partition: 0, error: "NONE", message: null },
            { topic: TOPIC, partition: 1, error: "ELECTION_NOT_NEEDED", message: null },
          ],
        },
      );
      const partitions = [0, 1].map((partition) => ({ topic: TOPIC, partition }));
      expect(command).toEqual({ type: "elect-leaders", electionType: version >= FIRST_VERSION_WITH_TYPE ? "unclean" : "preferred", partitions });
      expect(answer).toMatchObject({
        errorCode: 0,
        replicaElectionResults: [
          {
            topic: TOPIC,
            partitionResult: [
              { partitionId: 0, errorCode: 0, errorMessage: null },
              { partitionId: 1, errorCode: ErrorCode.ELECTION_NOT_NEEDED, errorMessage: "The partition needs no election." },
            ],
          },
        ],
      });
    },
  ],
  refuses: [
    "a kind of election that there is not; before there were kinds, what no controller was there for",
    (version) => {
      const host = TestBroker.serving();
      const client = host.client();
      if (version >= FIRST_VERSION_WITH_TYPE) {
        const answer = client.call("ElectLeaders", version, { ...requestOf(version), electionType: 5 });
        expect(answer).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST, replicaElectionResults: [] });
        expect(host.asked).toEqual([]);
      } else {
        const answer = client.call("ElectLeaders", version, { ...requestOf(version), timeoutMs: 0 });
        const partitionResult = [0, 1].map((partitionId) => ({ partitionId, errorCode: ErrorCode.REQUEST_TIMED_OUT }));
        expect(answer).toMatchObject({ errorCode: 0, replicaElectionResults: [{ topic: TOPIC, partitionResult }] });
      }
    },
  ],
};
