import type { GroupEvent } from "@samsa/client";
import { expect, test } from "vitest";
import type { GroupReading } from "../src/consuming/group-reading.ts";
import type { Session } from "../src/session/session.ts";
import { Consumption } from "../src/verifiable-consumer/consumption.ts";

const topic = "orders";
const POLLS = 2_000;
const POLLS_A_COMMIT = 5;

/** A broker that gives polls of one record without end, several of them while a commit is under way. */
function busyGroup() {
  const stop = new AbortController();
  let [given, told, most, commits, sinceCommit] = [0, 0, 0, 0, 0];
  let isPaused = false;
  let isCommitting = false;
  const value = new TextEncoder().encode("v");
  const poll = (): readonly GroupEvent[] => {
    if (given === POLLS) stop.abort("SIGINT");
    const record = { offset: given++, leaderEpoch: 0, timestampMs: 0, timestampType: "create-time", key: null, value, headers: [] } as const;
    most = Math.max(most, given - told);
    return [{ type: "records", topic, partition: 0, records: [record], highWatermark: POLLS }];
  };
  const consumer = {
    assignment: [{ topic, partition: 0 }],
    pause: () => void (isPaused = true),
    resume: () => void (isPaused = false),
    commit: () => ((isCommitting = true), (sinceCommit = 0), ++commits),
  };
  const reading = {
    consumer,
    subscribe: async () => undefined,
    next: async () => poll(),
    more: async () => {
      if (isCommitting && (isPaused || ++sinceCommit > POLLS_A_COMMIT)) {
        isCommitting = false;
        return [{ type: "committed", id: commits }] as unknown as readonly GroupEvent[];
      }
      return poll();
    },
    close: async () => undefined,
  };
  const session = { act: async (use: () => unknown) => use() };
  const io = {
    stdin: (async function* () {})(),
    out: () => undefined,
    err: () => undefined,
    write: async (bytes: Uint8Array) => ((told += new TextDecoder().decode(bytes).split("records_consumed").length - 1), true),
    isTerminal: false,
    stop: stop.signal,
  };
  const consumption = new Consumption({
    session: session as unknown as Session,
    reading: reading as unknown as GroupReading,
    io,
    topic,
    maxMessages: -1,
    isVerbose: false,
    isCommitting: true,
  });
  return { consumption, mostUntold: () => most, given: () => given };
}

test("what comes while commits are under way does not pile up, however slow they are", async () => {
  const { consumption, mostUntold, given } = busyGroup();
  await consumption.run();
  expect(given()).toBeGreaterThanOrEqual(POLLS);
  expect(mostUntold()).toBeLessThan(50);
});
