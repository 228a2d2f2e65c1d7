import { type ApiMessages, ErrorCode } from "@samsa/protocol";
import { expect, test } from "vitest";
import { TestBroker } from "../support/test-broker.ts";

const topic = { name: "new", numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
const request = (timeoutMs: number) => ({ topics: [topic], timeoutMs, validateOnly: false });
const notController = { type: "create-topics", error: "NOT_CONTROLLER", topics: [] } as const;
const taken = {
  type: "create-topics",
  error: "NONE",
  topics: [{ name: "new", error: "TOPIC_ALREADY_EXISTS", message: "it is", topicId: "AAAAAAAAAAAAAAAAAAAAAg", partitionCount: -1, replicationFactor: -1 }],
} as unknown as ApiReply;
type ApiReply = Parameters<TestBroker["asked"][number]["answer"]>[0];
type Created = ApiMessages["CreateTopics"]["response"];

const errorsOf = (answers: readonly unknown[]): number[] => (answers as Created[]).map(({ topics }) => topics[0]?.errorCode ?? 0);

test.each<[string, ApiReply]>([
  ["knows no controller", undefined],
  ["asked one that is not active any more", notController],
])("a broker that %s asks again, and the client hears what became of it", (_, first) => {
  const host = TestBroker.serving();
  const client = host.client();
  client.ask("CreateTopics", 7, request(10_000));
  host.asked[0]?.answer(first);
  expect([host.asked.length, client.answers]).toEqual([1, []]);
  host.pass(50);
  expect(host.asked.length).toBe(2);
  host.asked[1]?.answer(taken);
  expect(errorsOf(client.answers)).toEqual([ErrorCode.TOPIC_ALREADY_EXISTS]);
  host.pass(60_000);
  expect([host.asked.length, client.answers.length]).toEqual([2, 1]);
});

test("without a controller the client waits for as long as it said, and is told that its time is over", () => {
  const host = TestBroker.serving();
  const client = host.client();
  client.ask("CreateTopics", 7, request(1_010));
  for (let tries = 1; tries <= 20; tries++) {
    expect([host.asked.length, client.answers]).toEqual([tries, []]);
    host.asked[tries - 1]?.answer(undefined);
    host.pass(50);
  }
  host.asked[20]?.answer(undefined);
  host.pass(9);
  expect(client.answers).toEqual([]);
  host.pass(1);
  expect(errorsOf(client.answers)).toEqual([ErrorCode.REQUEST_TIMED_OUT]);
  expect(host.asked.length).toBe(21);
});

test("a controller that does not answer is waited for as long as the client said, and what it says later is nobody's", () => {
  const host = TestBroker.serving();
  const client = host.client();
  client.ask("CreateTopics", 7, request(1_000));
  host.pass(999);
  expect(client.answers).toEqual([]);
  host.pass(1);
  expect(errorsOf(client.answers)).toEqual([ErrorCode.REQUEST_TIMED_OUT]);
  host.asked[0]?.answer(taken);
  expect(client.answers).toHaveLength(1);
});

test("nobody waits longer than 30 s, whatever was asked for", () => {
  const host = TestBroker.serving();
  const client = host.client();
  client.ask("CreateTopics", 7, request(2_147_483_647));
  host.pass(29_999);
  expect(client.answers).toEqual([]);
  host.pass(1);
  expect(errorsOf(client.answers)).toEqual([ErrorCode.REQUEST_TIMED_OUT]);
});

test.each([0, -1, -2_147_483_648])("a client without time (%i ms) is told so, and nobody is asked", (timeoutMs) => {
  const host = TestBroker.serving();
  const answer = host.client().call("CreateTopics", 7, request(timeoutMs));
  expect(answer.topics).toMatchObject([{ errorCode: ErrorCode.REQUEST_TIMED_OUT, errorMessage: null }]);
  expect(host.asked).toEqual([]);
});

test("a client that is gone is asked for no more", () => {
  const host = TestBroker.serving();
  const client = host.client();
  client.ask("CreateTopics", 7, request(10_000));
  host.asked[0]?.answer(undefined);
  client.close();
  host.pass(60_000);
  expect(host.asked).toHaveLength(1);
});

test("beyond 1,000 requests under way one more is told at once that its time is over", () => {
  const host = TestBroker.serving();
  for (let i = 0; i < 1_000; i++) host.client().ask("CreateTopics", 7, request(10_000));
  expect(host.asked.length).toBe(1_000);
  expect(errorsOf([host.client().call("CreateTopics", 7, request(10_000))])).toEqual([ErrorCode.REQUEST_TIMED_OUT]);
  expect(host.asked.length).toBe(1_000);
});

test("so is one too many by the items or texts of all that are under way, and again there is room when one has left", () => {
  const host = TestBroker.serving();
  const resources = (configs: number, length: number) => ({
    resources: [
      {
        resourceType: 2,
        resourceName: "t",
        configs: Array.from({ length: configs }, (_, i) => ({ name: `c${i}`, configOperation: 0, value: "x".repeat(length) })),
      },
    ],
    validateOnly: false,
  });
  for (const [configs, length] of [
    [9_990, 1],
    [11, 31_700],
  ] as const) {
    const before = host.asked.length;
    const clients = Array.from({ length: 20 }, () => host.client());
    for (const client of clients) client.ask("IncrementalAlterConfigs", 1, resources(configs, length));
    expect(host.asked.length - before).toBe(20);
    const refused = host.client().call("IncrementalAlterConfigs", 1, resources(configs, length));
    expect(refused.responses).toMatchObject([{ errorCode: ErrorCode.REQUEST_TIMED_OUT }]);
    host.client().ask("CreateTopics", 7, request(10_000));
    expect(host.asked.length - before).toBe(21);
    clients[0]?.close();
    host.client().ask("IncrementalAlterConfigs", 1, resources(configs, length));
    expect(host.asked.length - before).toBe(22);
    host.pass(30_000);
  }
});
