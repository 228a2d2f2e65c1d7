import { ErrorCode, newDescribeClusterRequest } from "@samsa/protocol";
import { nodeId } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { brokerRecords, epochOf, TestBroker } from "../support/test-broker.ts";

const VERSION = 2;
const ask = (host: TestBroker, fields: Parameters<typeof newDescribeClusterRequest>[0] = {}) =>
  host.client().call("DescribeCluster", VERSION, newDescribeClusterRequest(fields));

describe("DescribeCluster", () => {
  it("names fenced brokers only to those who ask for them (KIP-1073)", () => {
    const host = TestBroker.serving({ brokers: [1, 2, 3] });
    host.commit([{ type: "fence-broker", brokerId: nodeId(2), brokerEpoch: epochOf(2) }]);
    expect(ask(host).brokers.map(({ brokerId, isFenced }) => [brokerId, isFenced])).toEqual([
      [1, false],
      [3, false],
    ]);
    expect(ask(host, { includeFencedBrokers: true }).brokers.map(({ brokerId, isFenced }) => [brokerId, isFenced])).toEqual([
      [1, false],
      [2, true],
      [3, false],
    ]);
  });

  it("names only brokers with a listener of the client's name", () => {
    const host = TestBroker.serving();
    host.commit(brokerRecords(2, ["OTHER"]));
    expect(ask(host, { includeFencedBrokers: true }).brokers.map(({ brokerId }) => brokerId)).toEqual([1]);
  });

  it("names a controller only where it names the broker", () => {
    const host = TestBroker.serving({ brokers: [1, 2] });
    expect(ask(host).controllerId).toBe(1);
    host.commit([{ type: "fence-broker", brokerId: nodeId(1), brokerEpoch: epochOf(1) }]);
    expect(ask(host).controllerId).toBe(-1);
  });

  it("tells what everyone may do, to whoever asks for it (KIP-430)", () => {
    const host = TestBroker.serving();
    expect(ask(host).clusterAuthorizedOperations).toBe(-2_147_483_648);
    // As recorded from Apache Kafka 4.3.
    expect(ask(host, { includeClusterAuthorizedOperations: true }).clusterAuthorizedOperations).toBe(8096);
  });

  it.each([
    [0, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE],
    [2, ErrorCode.MISMATCHED_ENDPOINT_TYPE],
    [3, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE],
  ])("does not describe endpoints of type %i", (endpointType, errorCode) => {
    expect(ask(TestBroker.serving(), { endpointType })).toMatchObject({ errorCode, brokers: [], controllerId: -1, errorMessage: expect.any(String) });
  });
});
