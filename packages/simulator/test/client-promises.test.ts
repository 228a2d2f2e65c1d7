import type { Effect } from "@samsa/world";
import { describe, expect, it } from "vitest";
import { ClientPromises } from "../src/client-promises.ts";
import { combined } from "../src/cluster/cluster-shape.ts";
import type { NumberedBatch } from "../src/invariants/forgotten-batches.ts";
import { Ghost } from "../src/invariants/ghost.ts";

/** Of a topic that no image knows. */
const KEY = ":0";

const numbered = (baseSequence: number, producerId = 7, producerEpoch = 0): NumberedBatch => ({ producerId, producerEpoch, baseSequence });

/** What is reported when a producer gives up that batch, where a process on node 1 found `found` in its log. */
function reportsOf(found: readonly NumberedBatch[], sequence: NumberedBatch | undefined, error = "OUT_OF_ORDER_SEQUENCE_NUMBER"): string[] {
  const ghost = new Ghost(combined(3));
  const reports: string[] = [];
  ghost.forgottenBatches.begin({ key: KEY, node: 1 }, found);
  ghost.forgottenBatches.led({ key: KEY, node: 1 });
  const promises = new ClientPromises({ topic: "orders", acks: -1, ghost, report: (invariant) => reports.push(invariant) });
  promises.afterTurn([givesUp(error, sequence)]);
  return reports;
}

const givesUp = (error: string, sequence?: NumberedBatch, partition = 0): Effect =>
  ({ type: "trace", event: { kind: "client-error", topic: "orders", partition, error, ...(sequence === undefined ? {} : { sequence }) } }) as unknown as Effect;

/** What is reported when batch 10 of partition 0 is refused for its size, and a producer gives up that one after it. */
function reportsBehindRefused(sequence: NumberedBatch | undefined, { error = "OUT_OF_ORDER_SEQUENCE_NUMBER", partition = 0, refused = 10 } = {}): string[] {
  const reports: string[] = [];
  const ghost = new Ghost(combined(3));
  const promises = new ClientPromises({ topic: "orders", acks: -1, ghost, report: (invariant) => reports.push(invariant) });
  promises.afterTurn([givesUp("RECORD_LIST_TOO_LARGE", numbered(refused)), givesUp(error, sequence, partition)]);
  return reports;
}

const six = [0, 1, 2, 3, 4, 5].map((sequence) => numbered(sequence));

it("lets a broker be out of order with what a process found in its log and need not remember: but the last, of the last five of a producer", () => {
  for (const sequence of [1, 2, 3, 4]) expect(reportsOf(six, numbered(sequence))).toEqual([]);
  for (const sequence of [0, 5, 6]) expect(reportsOf(six, numbered(sequence))).toEqual(["I-T4"]);
});

it("lets it be so with that very batch alone, and with no other error", () => {
  expect(reportsOf(six, numbered(3, 8))).toEqual(["I-T4"]);
  expect(reportsOf(six, numbered(3, 7, 1))).toEqual(["I-T4"]);
  expect(reportsOf(six, undefined)).toEqual(["I-T4"]);
  expect(reportsOf(six, numbered(3), "UNKNOWN_PRODUCER_ID")).toEqual(["I-T4"]);
});

it("knows of no batch of an earlier epoch that it could have been out of order with", () => {
  expect(reportsOf([...six, numbered(0, 7, 1)], numbered(3))).toEqual(["I-T4"]);
});

it("forgets what one process need not remember when the next one begins", () => {
  const ghost = new Ghost(combined(3));
  const at = { key: KEY, node: 1 };
  ghost.forgottenBatches.begin(at, six);
  ghost.forgottenBatches.led(at);
  expect(ghost.forgottenBatches.has(KEY, numbered(3))).toBe(true);
  ghost.forgottenBatches.begin(at, []);
  ghost.forgottenBatches.led(at);
  expect(ghost.forgottenBatches.has(KEY, numbered(3))).toBe(false);
});

describe("a batch that was refused for its size", () => {
  it("lets those behind it be out of order, also where the sequences begin again", () => {
    expect(reportsBehindRefused(numbered(11))).toEqual([]);
    expect(reportsBehindRefused(numbered(3), { refused: 2 ** 31 - 2 })).toEqual([]);
  });

  it("excuses no batch before it, of another producer, epoch or partition, and none without a number (I-T4)", () => {
    for (const sequence of [numbered(9), numbered(10), numbered(11, 8), numbered(11, 7, 1), undefined])
      expect(reportsBehindRefused(sequence)).toEqual(["I-T4"]);
    expect(reportsBehindRefused(numbered(11), { partition: 1 })).toEqual(["I-T4"]);
  });

  it("excuses no other error", () => {
    for (const error of ["UNKNOWN_PRODUCER_ID", "INVALID_PRODUCER_EPOCH"]) expect(reportsBehindRefused(numbered(11), { error })).toEqual(["I-T4"]);
  });
});

it("takes no follower's forgetting for the leader's", () => {
  const ghost = new Ghost(combined(3));
  ghost.forgottenBatches.begin({ key: KEY, node: 1 }, six);
  ghost.forgottenBatches.begin({ key: KEY, node: 2 }, []);
  ghost.forgottenBatches.led({ key: KEY, node: 2 });
  expect(ghost.forgottenBatches.has(KEY, numbered(3))).toBe(false);
});
