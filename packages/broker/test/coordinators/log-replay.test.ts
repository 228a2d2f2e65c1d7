import { baseOffsetOf, encodeBatch, nextOffsetOf } from "@samsa/protocol/records";
import { invariant, micros, type Now, offset, wallMs } from "@samsa/stdx";
import { type Completion, type Effect, Outbox, type Part } from "@samsa/world";
import { expect, it } from "vitest";
import { LogReplay, type LogReplayOptions } from "../../src/coordinators/log-replay.ts";

const NOW: Now = { monotonicUs: micros(1), wallMs: wallMs(1) };
const SLICE: Part = { path: "file", position: 0, length: 100, generation: 0 };

const batchAt = (baseOffset: number): Uint8Array => encodeBatch({ baseOffset, records: [{ key: null, value: null, timestamp: 0 }] });

/** What is replayed of a log that gives at each offset what `reads` says, or its batch. */
function replayOf(reads: Partial<Record<number, readonly Part[]>> = {}) {
  const outbox = new Outbox();
  const log = {
    logStartOffset: offset(0),
    reads,
    read: (at: number) => ({ parts: log.reads[at] ?? [batchAt(at)] }),
  };
  const told: (number | string)[] = [];
  const replay = new LogReplay({
    replica: { log } as unknown as LogReplayOptions["replica"],
    outbox,
    batch: (bytes, position) => void told.push(baseOffsetOf(bytes, position), `to ${nextOffsetOf(bytes, position)}`),
    ready: () => void told.push("ready"),
    failed: (detail) => void told.push(detail),
  });
  const complete = (completion: (id: Extract<Effect, { type: "read" }>["id"]) => Completion): void => {
    const [effect] = outbox.drain();
    invariant(effect?.type === "read", "something is read", {});
    outbox.complete(completion(effect.id), NOW);
  };
  return { replay, log, told, complete, outbox };
}

it("gives batch after batch up to what is asked for", () => {
  const { replay, told } = replayOf();
  expect([replay.readTo(offset(1)), replay.readTo(offset(1)), told]).toEqual([true, true, [0, "to 1"]]);
  expect([replay.readTo(offset(3)), told.slice(2)]).toEqual([true, [1, "to 2", 2, "to 3"]]);
});

it("takes what lies in files when it is there", () => {
  const { replay, told, complete } = replayOf({ 0: [SLICE] });
  expect([replay.readTo(offset(1)), replay.readTo(offset(1)), told]).toEqual([false, false, []]);
  complete((id) => ({ type: "read", id, bytes: batchAt(0) }));
  expect([told, replay.readTo(offset(1))]).toEqual([[0, "to 1", "ready"], true]);
});

it("doesn't take a log that gives nothing, as one that is closing, for one that has nothing", () => {
  const { replay, log, told } = replayOf({ 0: [] });
  expect(replay.readTo(offset(1))).toBe(false);
  log.reads = {};
  expect([replay.readTo(offset(1)), told]).toEqual([true, [0, "to 1"]]);
});

it("goes on at the log's start where that has moved while it was read", () => {
  const { replay, log, told, complete } = replayOf({ 0: [SLICE] });
  replay.readTo(offset(4));
  log.logStartOffset = offset(3);
  complete((id) => ({ type: "failed", id, error: { code: "ESTALE", detail: "the segment is gone" } }));
  expect([told, replay.readTo(offset(4))]).toEqual([["ready", 3, "to 4"], true]);
});

it("has nothing to give where everything was deleted", () => {
  const { replay, log, told } = replayOf();
  log.logStartOffset = offset(4);
  expect([replay.readTo(offset(4)), told]).toEqual([true, []]);
});

it("says that the disk failed, and gives nothing of what came too late", () => {
  const { replay, told, complete } = replayOf({ 0: [SLICE] });
  replay.readTo(offset(1));
  complete((id) => ({ type: "failed", id, error: { code: "EIO", detail: "file" } }));
  expect(told).toEqual(["EIO file", "ready"]);
  replay.readTo(offset(1));
  replay.stop();
  complete((id) => ({ type: "read", id, bytes: batchAt(0) }));
  expect(told).toEqual(["EIO file", "ready"]);
});
