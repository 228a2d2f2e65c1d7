import { checkHistory, type CheckOptions, History, type Verdict } from "@samsa/history";
import { expect, test } from "vitest";
import { formatExpectation, judgeOutcome, recordsLost } from "../src/index.ts";

const target = { topic: "orders", partition: 0 };
const CLEAN = { expectation: { type: "clean" } } as const;
const LOSS = { expectation: { type: "loss", kind: "acks-1", because: "acks=1" } } as const;

/** Three records are acknowledged at the offsets 0 to 2, and those that are `kept` are read back. */
function verdictOf(kept: readonly number[], options: Partial<CheckOptions> = {}): Verdict {
  const history = new History("run");
  const sends = history.invokeBatch(1, target, 3, 10);
  history.ackBatch(sends, 0, 20);
  const read = history.beginFinalRead(2, target, { startOffset: 0, endOffset: 3 });
  const records = sends.filter((_, index) => kept.includes(index)).map((send) => ({ offset: send.value, text: history.payloadOf(send) }));
  history.addToFinalRead(read, target, records);
  read.complete();
  return checkHistory(history, { acks: "all", isIdempotent: true, maxInFlight: 1, ...options });
}
const acksOne = { acks: 1, isIdempotent: false, hasStableLeader: () => false } as const;

test("a clean verdict is as expected where a clean one is, and only there", () => {
  const result = { verdict: verdictOf([0, 1, 2]), failures: [] };
  expect(judgeOutcome(CLEAN, result)).toEqual({ isAsExpected: true, inWords: "clean" });
  expect(judgeOutcome(LOSS, result)).toMatchObject({ isAsExpected: false, inWords: expect.stringContaining("expected: a loss: acks=1") });
});

test("a loss that the settings allow is as expected where one is, and it says how much", () => {
  const result = { verdict: verdictOf([0], acksOne), failures: [] };
  expect(recordsLost(result)).toBe(2);
  expect(judgeOutcome(LOSS, result)).toEqual({ isAsExpected: true, inWords: "2 records lost, by leave of the settings" });
  expect(judgeOutcome(CLEAN, result)).toMatchObject({ isAsExpected: false, inWords: expect.stringContaining("expected: clean") });
});

test("a loss for another reason than the scenario shows is not as expected, be it one record among many", () => {
  const unclean = { ...target, permits: ["lost"], kind: "unclean-election", because: "a leader lacks records" } as const;
  const excuses = [{ ...unclean, offsets: { startOffset: 2, endOffset: 3 } }, { ...unclean, kind: "acks-1" } as const];
  const result = { verdict: verdictOf([0], { ...acksOne, hasStableLeader: () => true, excuses }), failures: [] };
  expect(result.verdict.counts.permittedLosses).toMatchObject({ "acks-1": 1, "unclean-election": 1 });
  expect(judgeOutcome(LOSS, result)).toEqual({ isAsExpected: false, inWords: "records lost by leave of an unclean election (1); expected: a loss: acks=1" });
  const uncleanLoss = { expectation: { ...LOSS.expectation, kind: "unclean-election" } } as const;
  expect(judgeOutcome(uncleanLoss, result).inWords).toBe("records lost by leave of acks=1 (1); expected: a loss: acks=1");
});

test("of more records than a verdict names, each must be lost for the reason that the scenario shows", () => {
  const history = new History("run");
  const sends = history.invokeBatch(1, target, 100, 10);
  history.ackBatch(sends, 0, 20);
  const read = history.beginFinalRead(2, target, { startOffset: 0, endOffset: 0 });
  read.complete();
  const excuse = { ...target, permits: ["lost"], because: "a reason" } as const;
  const excuses = [
    { ...excuse, kind: "acks-1", offsets: { startOffset: 0, endOffset: 99 } } as const,
    { ...excuse, offsets: { startOffset: 99, endOffset: 100 } },
  ];
  const verdict = checkHistory(history, { acks: 1, isIdempotent: false, maxInFlight: 1, hasStableLeader: () => true, excuses });
  expect(judgeOutcome(LOSS, { verdict, failures: [] }).inWords).toBe("records lost by leave of a fault of the run (1); expected: a loss: acks=1");
});

test("records that lie elsewhere, and are all there, are no loss", () => {
  const history = new History("run");
  const sends = history.invokeBatch(1, target, 2, 10);
  history.ackBatch(sends, 5, 20);
  const read = history.beginFinalRead(2, target, { startOffset: 0, endOffset: 2 });
  const records = sends.map((send, offset) => ({ offset, text: history.payloadOf(send) }));
  history.addToFinalRead(read, target, records);
  read.complete();
  const verdict = checkHistory(history, { acks: 1, isIdempotent: false, maxInFlight: 1 });
  expect(verdict.counts.permitted).toMatchObject({ misplaced: 2, lost: 0 });
  expect(judgeOutcome(LOSS, { verdict, failures: [] })).toEqual({
    isAsExpected: false,
    inWords: "no record is gone, 2 lie elsewhere, 0 were not reached; expected: a loss: acks=1",
  });
});

test("a loss that nothing allows is never as expected", () => {
  const result = { verdict: verdictOf([0]), failures: [] };
  expect(judgeOutcome(LOSS, result)).toMatchObject({ isAsExpected: false, inWords: expect.stringMatching(/^VIOLATED/) });
});

test("no evidence and a failed step are never as expected, whatever the rest is", () => {
  const nothing = checkHistory(new History("run"), { acks: "all", isIdempotent: true, maxInFlight: 1 });
  expect(judgeOutcome(CLEAN, { verdict: nothing, failures: [] }).isAsExpected).toBe(false);
  const failures = ["orders-0 still had a leader in 30000 ms\nand more"];
  expect(judgeOutcome(CLEAN, { verdict: verdictOf([0, 1, 2]), failures })).toEqual({
    isAsExpected: false,
    inWords: "failed: orders-0 still had a leader in 30000 ms",
  });
});

test("what is expected can be said", () => {
  expect([formatExpectation(CLEAN), formatExpectation(LOSS)]).toEqual(["clean", "a loss: acks=1"]);
});
