import { ErrorCode, newDescribeClusterRequest } from "@samsa/protocol";
import { expect } from "vitest";
import { SELF, TestBroker } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

export const describeCluster: VersionCase = {
  api: "DescribeCluster",
  serves: [
    "names brokers and cluster",
    (version) => {
      const answer = TestBroker.serving().client().call("DescribeCluster", version, newDescribeClusterRequest());
      expect(answer).toMatchObject({ errorCode: 0, errorMessage: null, endpointType: 1, clusterId: "cluster", controllerId: SELF });
      expect(answer.brokers).toMatchObject([{ brokerId: SELF, host: "host1", port: 9092, rack: null, isFenced: false }]);
    },
  ],
  refuses: [
    "to describe controllers, and before they could be asked for a request that is cut off",
    (version) => {
      const client = TestBroker.serving().client();
      if (version >= 1) {
        const answer = client.call("DescribeCluster", version, newDescribeClusterRequest({ endpointType: 2 }));
        expect(answer).toMatchObject({ errorCode: ErrorCode.MISMATCHED_ENDPOINT_TYPE, brokers: [], clusterId: "" });
      } else {
        client.send(Uint8Array.of(0, 0, 0, 11, 0, 60, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0));
        expect([client.answers, client.closedAs]).toEqual([[], "end"]);
      }
    },
  ],
};
