import { apis, newPartitionProduceData, newProduceRequest, newTopicProduceData } from "@samsa/protocol";
import { encodeBatch } from "@samsa/protocol/records";
import { expect } from "vitest";
import { clientSettings } from "../src/session/client-settings.ts";
import { Session } from "../src/session/session.ts";

/** Topics have names in it. */
const PRODUCE_BY_NAME_VERSION = 12;
const RECORDS = 5;

/** Five records into one partition, with the timestamps 1000 to 1004. */
export async function produceFive(bootstrap: string, topic: string, partition: number): Promise<void> {
  await using session = new Session(clientSettings(bootstrap, new Map()));
  const records = encodeBatch({
    records: Array.from({ length: RECORDS }, (_, index) => ({ key: null, value: Uint8Array.of(index), timestamp: 1000 + index })),
  });
  const { responses } = await session.request({
    callName: "produce",
    api: apis.Produce,
    maxVersion: PRODUCE_BY_NAME_VERSION,
    request: () =>
      newProduceRequest({
        acks: -1,
        timeoutMs: 10_000,
        topicData: [newTopicProduceData({ name: topic, partitionData: [newPartitionProduceData({ index: partition, records })] })],
      }),
    target: { type: "leader", topic, partition },
    errorOf: (response) => response.responses[0]?.partitionResponses[0]?.errorCode ?? 0,
  });
  expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
}
