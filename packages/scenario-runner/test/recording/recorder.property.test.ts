import { assert, type Arbitrary, array, boolean, constantFrom, integer, oneof, property, record, uniqueArray } from "fast-check";
import { expect, test } from "vitest";
import { type Band, Recorder, type Recording } from "../../src/index.ts";
import type { NodeEvent } from "../../src/run/node-event.ts";

const NODES = 4;
const topic = { name: "orders", partitions: 2, replicationFactor: 3, minInsyncReplicas: 2 };
const node = integer({ min: 1, max: NODES });
const epoch = integer({ min: 0, max: 5 });
const ids = uniqueArray(node, { minLength: 1, maxLength: 3 });
const onPartition = { topic: constantFrom("orders", "others"), partition: integer({ min: 0, max: 2 }), because: constantFrom("") };

const event: Arbitrary<NodeEvent> = oneof(
  record({ kind: constantFrom("started" as const), node, incarnation: constantFrom("i"), pageCacheSurvived: boolean() }),
  record({ kind: constantFrom("stopping" as const), node }),
  record({ kind: constantFrom("broker-unfenced" as const), node, broker: node, epoch }),
  record({ kind: constantFrom("broker-fenced" as const), node, broker: node, epoch, because: constantFrom("") }),
  record({ kind: constantFrom("controller" as const), node, isActive: boolean(), epoch }),
  record({ kind: constantFrom("raft-role" as const), node, role: constantFrom("follower"), term: epoch, leader: integer({ min: -1, max: NODES }) }),
  record({ kind: constantFrom("leader-elected" as const), node, leader: integer({ min: -1, max: 3 }), leaderEpoch: epoch, isr: ids, ...onPartition }),
  record({ kind: constantFrom("isr-changed" as const), node, isr: ids, leaderEpoch: epoch, partitionEpoch: epoch, ...onPartition }),
);
const happening = oneof(
  record({ type: constantFrom("event" as const), event }),
  record({ type: constantFrom("acked" as const), partition: integer({ min: 0, max: 1 }), records: integer({ min: 1, max: 50 }) }),
  record({ type: constantFrom("failed" as const), partition: integer({ min: 0, max: 1 }) }),
  record({ type: constantFrom("struck" as const), fault: constantFrom("crash" as const, "pause" as const, "reset" as const), nodes: ids }),
  record({ type: constantFrom("healed" as const, "started" as const, "ended" as const, "load-ended" as const), node }),
);
const run = array(record({ afterMs: integer({ min: 0, max: 400 }), happening }), { maxLength: 60 });
type Run = readonly { readonly afterMs: number; readonly happening: typeof happening extends Arbitrary<infer T> ? T : never }[];

/** What the run told, counted by itself. */
function replay(run: Run): { readonly recording: Recording; readonly acked: number; readonly failed: number } {
  const recorder = new Recorder({ cluster: { brokers: 3, controllers: 1 }, topic });
  recorder.loadBegan(0);
  let [atMs, acked, failed, hasLoadEnded] = [0, 0, 0, false];
  for (const { afterMs, happening } of run) {
    atMs += afterMs;
    switch (happening.type) {
      case "event":
        recorder.event(atMs, happening.event);
        break;
      case "acked":
        acked += happening.records;
        recorder.acked(atMs, `orders-${happening.partition}`, happening.records);
        break;
      case "failed":
        failed++;
        recorder.sendFailed(atMs, `orders-${happening.partition}`, "NOT_ENOUGH_REPLICAS");
        break;
      case "struck":
        recorder.struck(atMs, { type: happening.fault, nodes: happening.nodes, text: "" });
        break;
      case "healed":
        recorder.healed(atMs, { node: happening.node });
        break;
      case "started":
        recorder.nodeStarted(atMs, happening.node);
        break;
      case "ended":
        recorder.nodeEnded(atMs, happening.node);
        break;
      case "load-ended":
        if (!hasLoadEnded) recorder.loadEnded(atMs);
        hasLoadEnded = true;
    }
  }
  if (!hasLoadEnded) recorder.loadEnded(atMs);
  return { recording: recorder.recording(atMs), acked, failed };
}

/** One after the other, without a hole, until the end. */
function expectWhole(bands: readonly Band<unknown>[], endMs: number, fromMs = bands[0]?.fromMs ?? endMs): void {
  let atMs = fromMs;
  for (const band of bands) {
    expect(band.fromMs).toBe(atMs);
    expect(band.toMs).toBeGreaterThan(band.fromMs);
    atMs = band.toMs;
  }
  expect(atMs).toBe(endMs);
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

test("bands cover the run without a hole and without an overlap, whatever is told", () => {
  assert(
    property(run, (told) => {
      const { nodes, controllers, partitions, faults, endMs } = replay(told).recording;
      for (const { states } of nodes) expectWhole(states, endMs, 0);
      expectWhole(controllers, endMs, 0);
      for (const { leaders, isr } of partitions) {
        expectWhole(leaders, endMs);
        expectWhole(isr, endMs);
      }
      for (const { fromMs, toMs } of faults) expect([fromMs <= toMs, toMs <= endMs]).toEqual([true, true]);
    }),
  );
});

test("the buckets' sums are the records that were acknowledged and the batches that were given up", () => {
  assert(
    property(run, (told) => {
      const { recording, acked, failed } = replay(told);
      const { partitions } = recording;
      expect(sum(partitions.flatMap((partition) => partition.acked))).toBe(acked);
      expect(sum(partitions.flatMap(({ errors, errorsAfter }) => [...errors, errorsAfter]))).toBe(failed);
      expect(sum(partitions.flatMap(({ errorNames }) => Object.values(errorNames)))).toBe(failed);
    }),
  );
});

test("a recording is plain data: it is the same behind JSON", () => {
  assert(
    property(run, (told) => {
      const { recording } = replay(told);
      expect(JSON.parse(JSON.stringify(recording))).toEqual(recording);
    }),
  );
});
