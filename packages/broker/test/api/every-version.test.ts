import { type ApiName, apis, ErrorCode } from "@samsa/protocol";
import { uuid, ZERO_UUID } from "@samsa/stdx";
import { afterAll, describe, expect, it } from "vitest";
import { fetchRequest, listOffsetsRequest, metadataRequest, produceRequest } from "../support/requests.ts";
import { SELF, TestBroker, TOPIC, TOPIC_ID } from "../support/test-broker.ts";
import { versionsOf } from "../support/versions.ts";

/** What was asked in each version here; it must be what is advertised. */
const handled = new Map<number, Set<number>>();

function everyVersion(api: ApiName, title: string, test: (version: number) => void): void {
  describe(api, () => {
    it.each(versionsOf(api))(`v%i ${title}`, (version) => {
      handled.set(apis[api].key, (handled.get(apis[api].key) ?? new Set()).add(version));
      test(version);
    });
  });
}

everyVersion("ApiVersions", "names every API", (version) => {
  const answer = TestBroker.serving()
    .client()
    .call("ApiVersions", version, { clientSoftwareName: version >= 3 ? "test" : "", clientSoftwareVersion: version >= 3 ? "1.0" : "" });
  expect(answer.errorCode).toBe(0);
  expect(answer.apiKeys.map(({ apiKey }) => apiKey)).toEqual([0, 1, 2, 3, 17, 18, 19, 22, 36]);
});

everyVersion("Metadata", "describes brokers, topics and partitions", (version) => {
  const answer = TestBroker.serving()
    .client()
    .call("Metadata", version, metadataRequest(version, version === 0 ? [] : null));
  expect(answer.brokers).toMatchObject([{ nodeId: SELF, host: "host1", port: 9092, rack: null }]);
  expect(answer.clusterId).toBe(version >= 2 ? "cluster" : null);
  expect(answer.controllerId).toBe(version >= 1 ? SELF : -1);
  expect(answer.topics).toMatchObject([{ errorCode: 0, name: TOPIC, topicId: version >= 10 ? TOPIC_ID : ZERO_UUID, isInternal: false }]);
  expect(answer.topics[0]?.partitions).toMatchObject([
    { errorCode: 0, partitionIndex: 0, leaderId: SELF, leaderEpoch: version >= 7 ? 0 : -1, replicaNodes: [SELF], isrNodes: [SELF], offlineReplicas: [] },
  ]);
});

everyVersion("CreateTopics", "passes the topic on to the controller and tells what became of it", (version) => {
  const host = TestBroker.serving({ topics: [] });
  const client = host.client();
  const topic = { name: "new", numPartitions: 3, replicationFactor: 1, assignments: [], configs: [{ name: "min.insync.replicas", value: "1" }] };
  client.ask("CreateTopics", version, { topics: [topic], timeoutMs: 1_000, validateOnly: false });
  expect(host.asked.at(-1)?.request).toMatchObject({
    type: "create-topics",
    validateOnly: false,
    topics: [{ name: "new", partitionCount: 3, replicationFactor: 1, configs: new Map([["min.insync.replicas", "1"]]) }],
  });
  host.asked.at(-1)?.answer({
    type: "create-topics",
    error: "NONE",
    topics: [{ name: "new", error: "NONE", message: null, topicId: uuid("AAAAAAAAAAAAAAAAAAAAAg"), partitionCount: 3, replicationFactor: 1 }],
  });
  expect(client.answers).toMatchObject([
    {
      topics: [
        {
          name: "new",
          errorCode: 0,
          errorMessage: null,
          ...(version >= 5 ? { numPartitions: 3, replicationFactor: 1 } : {}),
          ...(version >= 7 ? { topicId: "AAAAAAAAAAAAAAAAAAAAAg" } : {}),
        },
      ],
    },
  ]);
});

everyVersion("Produce", "gives offsets to what it appends", (version) => {
  const client = TestBroker.serving().client();
  client.call("Produce", version, produceRequest(version));
  const answer = client.call("Produce", version, produceRequest(version));
  expect(answer.responses).toMatchObject([{ name: version >= 13 ? "" : TOPIC, topicId: version >= 13 ? TOPIC_ID : ZERO_UUID }]);
  expect(answer.responses[0]?.partitionResponses).toMatchObject([{ index: 0, errorCode: 0, baseOffset: 1, logAppendTimeMs: -1 }]);
});

everyVersion("Fetch", "gives back what was produced", (version) => {
  const client = TestBroker.serving().client();
  client.call("Produce", 9, produceRequest(9));
  const answer = client.call("Fetch", version, fetchRequest(version));
  expect(answer).toMatchObject({ errorCode: 0, sessionId: 0 });
  const partition = answer.responses[0]?.partitions[0];
  expect(partition).toMatchObject({ partitionIndex: 0, errorCode: 0, highWatermark: 1, lastStableOffset: 1 });
  expect(partition?.records?.length).toBeGreaterThan(60);
});

everyVersion("ListOffsets", "finds both ends of the log", (version) => {
  const client = TestBroker.serving().client();
  client.call("Produce", 9, produceRequest(9));
  const ends = [-2, -1].map((timestamp) => client.call("ListOffsets", version, listOffsetsRequest(version, timestamp)).topics[0]?.partitions[0]);
  expect(ends).toMatchObject([0, 1].map((offset) => ({ partitionIndex: 0, errorCode: 0, timestamp: -1, offset, leaderEpoch: version >= 4 ? 0 : -1 })));
});

everyVersion("InitProducerId", "hands out ids of the broker's block, each once", (version) => {
  const host = TestBroker.serving();
  const client = host.client();
  const request = { transactionalId: null, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 };
  client.ask("InitProducerId", version, request);
  expect(host.asked.at(-1)?.request).toMatchObject({ type: "allocate-producer-ids", brokerId: SELF });
  host.asked.at(-1)?.answer({ type: "allocate-producer-ids", error: "NONE", firstProducerId: 4000, count: 2 });
  expect(client.answers).toMatchObject([{ errorCode: 0, producerId: 4000, producerEpoch: 0 }]);
  expect(client.call("InitProducerId", version, request)).toMatchObject({ errorCode: 0, producerId: 4001, producerEpoch: 0 });
});

everyVersion("SaslHandshake", "refuses every mechanism of clients, as a plaintext listener of Kafka's", (version) => {
  const answer = TestBroker.serving().client().call("SaslHandshake", version, { mechanism: "PLAIN" });
  expect(answer).toMatchObject({ errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] });
});

everyVersion("SaslAuthenticate", "refuses whoever did not shake hands", (version) => {
  const answer = TestBroker.serving()
    .client()
    .call("SaslAuthenticate", version, { authBytes: new Uint8Array(20) });
  expect(answer).toMatchObject({ errorCode: ErrorCode.ILLEGAL_SASL_STATE });
});

afterAll(() => {
  const { apiKeys } = TestBroker.serving().client().call("ApiVersions", 0, { clientSoftwareName: "", clientSoftwareVersion: "" });
  const advertised = apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, minVersion, maxVersion]);
  // KAFKA-18659: Produce is advertised from 0 on and accepted from 3 on.
  const tested = [...handled].map(([key, versions]) => [key, key === apis.Produce.key ? 0 : Math.min(...versions), Math.max(...versions)]);
  expect(advertised).toEqual(tested.sort(([a = 0], [b = 0]) => a - b));
});
