import { type FetchTopic, type ForgottenTopic, newFetchPartition, newFetchRequest, newFetchTopic, newForgottenTopic } from "@samsa/protocol";
import { expect, test } from "vitest";
import { FetchSessionTopics } from "../src/requests/fetch-session-topics.ts";

const nobody = (): undefined => undefined;
const named = (topic: string, ...partitions: readonly number[]): FetchTopic =>
  newFetchTopic({ topic, partitions: partitions.map((partition) => newFetchPartition({ partition, fetchOffset: 0, partitionMaxBytes: 1 })) });
const fetch = (sessionEpoch: number, topics: readonly FetchTopic[], forgotten: readonly ForgottenTopic[] = []) =>
  newFetchRequest({ maxWaitMs: 0, minBytes: 1, sessionId: 7, sessionEpoch, topics, forgottenTopicsData: forgotten });
const forgotten = (topic: string, ...partitions: readonly number[]): ForgottenTopic => newForgottenTopic({ topic, partitions });

test("a fetch of a session is about all that the session has come to name", () => {
  const fetches = new FetchSessionTopics();
  const topicsOf = (...question: Parameters<typeof fetch>): readonly string[] => [...fetches.of(fetch(...question), nobody)];
  expect(topicsOf(0, [named("orders", 0, 1), named("payments", 0)])).toEqual(["orders", "payments"]);
  expect(topicsOf(1, [])).toEqual(["orders", "payments"]);
  expect(topicsOf(2, [named("clicks", 0)], [forgotten("orders", 0)])).toEqual(["orders", "payments", "clicks"]);
  expect(topicsOf(3, [], [forgotten("orders", 1)])).toEqual(["payments", "clicks"]);
});

test("a fetch of no session, or of a new one, is about what it names", () => {
  const fetches = new FetchSessionTopics();
  fetches.of(fetch(0, [named("orders", 0)]), nobody);
  expect([...fetches.of(fetch(-1, [named("payments", 0)]), nobody)]).toEqual(["payments"]);
  expect([...fetches.of(fetch(0, [named("clicks", 0)]), nobody)]).toEqual(["clicks"]);
});
