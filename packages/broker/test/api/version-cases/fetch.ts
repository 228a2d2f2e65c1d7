import { ErrorCode } from "@samsa/protocol";
import { expect } from "vitest";
import { fetchRequest, produceRequest } from "../../support/requests.ts";
import { TestBroker } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

export const fetch: VersionCase = {
  api: "Fetch",
  serves: [
    "gives back what was produced",
    (version) => {
      const client = TestBroker.serving().client();
      client.call("Produce", 9, produceRequest(9));
      const answer = client.call("Fetch", version, fetchRequest(version));
      expect(answer).toMatchObject({ errorCode: 0, sessionId: 0 });
      const partition = answer.responses[0]?.partitions[0];
      expect(partition).toMatchObject({ partitionIndex: 0, errorCode: 0, highWatermark: 1, lastStableOffset: 1 });
      expect(partition?.records?.length).toBeGreaterThan(60);
    },
  ],
  refuses: [
    "an offset beyond the end of the log",
    (version) => {
      const answer = TestBroker.serving()
        .client()
        .call("Fetch", version, fetchRequest(version, { offsets: [[0, 5]] }));
      expect(answer.responses[0]?.partitions).toMatchObject([{ partitionIndex: 0, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE }]);
    },
  ],
};
