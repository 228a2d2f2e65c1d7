import { newDescribeLogDirsRequest } from "@samsa/protocol";
import { expect, it } from "vitest";
import { produceRequest } from "../support/requests.ts";
import { TestBroker } from "../support/test-broker.ts";

it("reads a request that names one topic over and over in a time that grows with its length", () => {
  const client = TestBroker.serving().client();
  client.call("Produce", 9, produceRequest(9));
  const [all] = client.call("DescribeLogDirs", 4, newDescribeLogDirsRequest({ topics: null })).results;
  const topic = all?.topics[0]?.name ?? "";
  const topics = Array.from({ length: 60_000 }, (_, at) => ({ topic, partitions: [60_000 - at - 1] }));
  const [result] = client.call("DescribeLogDirs", 4, newDescribeLogDirsRequest({ topics })).results;
  expect(result?.topics).toMatchObject([{ name: topic, partitions: [{ partitionIndex: 0 }] }]);
  // With a copy of all partitions so far for each mention it outlasts what a test may take.
});
