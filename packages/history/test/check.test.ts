import { describe, expect, it } from "vitest";
import type { CheckOptions, Excuse } from "../src/index.ts";
import { checkHistory, formatVerdict, History } from "../src/index.ts";
import { ALL, TARGET } from "./model.ts";

interface Sent {
  readonly invokedUs: number;
  readonly ackedUs?: number;
  readonly offset?: number;
  readonly process?: number;
}

/** A history of sends, and a final read that found `log` (values by offset from 0). */
function historyOf(sends: readonly Sent[], log: readonly number[], read: { endOffset?: number; isComplete?: boolean } = {}): History {
  const history = new History("run1");
  for (const { invokedUs, ackedUs, offset, process } of sends) {
    const send = history.invokeSend(process ?? 0, TARGET, invokedUs);
    if (ackedUs !== undefined) history.ackSend(send, offset, ackedUs);
  }
  const final = history.beginFinalRead(9, TARGET, { startOffset: 0, endOffset: read.endOffset ?? log.length });
  history.addToFinalRead(
    final,
    TARGET,
    log.map((value, offset) => ({ offset, text: history.payloadOf({ ...TARGET, value }) })),
  );
  if (read.isComplete !== false) final.complete();
  return history;
}

const namesOf = (history: History, options: CheckOptions = ALL): string[] => checkHistory(history, options).anomalies.map((anomaly) => anomaly.name);

describe("durability", () => {
  it("calls a value unseen, not lost, when the final read stopped before it", () => {
    const history = historyOf(
      [
        { invokedUs: 0, ackedUs: 5, offset: 0 },
        { invokedUs: 10, ackedUs: 15, offset: 1 },
      ],
      [0],
      { endOffset: 2, isComplete: false },
    );
    expect(namesOf(history)).toEqual(["no-evidence", "unseen"]);
  });

  it("calls a value lost when a stopped final read went past it", () => {
    const history = historyOf([{ invokedUs: 0 }, { invokedUs: 1, ackedUs: 5, offset: 0 }], [0], { endOffset: 2, isComplete: false });
    expect(namesOf(history)).toEqual(["no-evidence", "lost"]);
  });

  it("owes nothing to a send whose outcome is unknown, whether it is read or not", () => {
    expect(namesOf(historyOf([{ invokedUs: 0, ackedUs: 5, offset: 0 }, { invokedUs: 1 }, { invokedUs: 2 }], [0, 2]))).toEqual([]);
  });

  it("is lost when one of two complete final reads does not have it", () => {
    const history = historyOf([{ invokedUs: 0, ackedUs: 5, offset: 0 }], [0]);
    history.beginFinalRead(10, TARGET, { startOffset: 0, endOffset: 0 }).complete();
    expect(namesOf(history)).toEqual(["lost"]);
  });
});

describe("what the configuration permits", () => {
  const lost = (): History =>
    historyOf(
      [
        { invokedUs: 0, ackedUs: 5, offset: 0 },
        { invokedUs: 10, ackedUs: 15, offset: 1 },
      ],
      [0],
    );

  it("is told with the reason, is no violation, and is not called clean", () => {
    const verdict = checkHistory(lost(), { ...ALL, acks: 1 });
    expect(verdict.anomalies).toEqual([]);
    expect(verdict.permitted.map(({ name, offset }) => [name, offset])).toEqual([["lost", 1]]);
    expect([verdict.conclusion, verdict.isClean]).toEqual(["allowed", false]);
    expect(formatVerdict(verdict)).toMatch(/^ALLOWED LOSS, not clean: because with acks=1 a record may vanish/);
    expect(formatVerdict(verdict)).toContain("allowed loss: lost");
    expect(formatVerdict(verdict)).not.toContain("Clean");
  });

  it("is counted by the kind of its reason, where it is a loss", () => {
    const lossesBy = (options: CheckOptions) => Object.entries(checkHistory(lost(), options).counts.permittedLosses).filter(([, count]) => count > 0);
    const excuse: Excuse = { ...TARGET, permits: ["lost"], because: "both witnesses lost power" };
    expect(lossesBy({ ...ALL, acks: 1 })).toEqual([["acks-1", 1]]);
    expect(lossesBy({ ...ALL, acks: 0 })).toEqual([["acks-0", 1]]);
    expect(lossesBy({ ...ALL, excuses: [excuse] })).toEqual([["fault", 1]]);
    expect(lossesBy({ ...ALL, excuses: [{ ...excuse, kind: "unclean-election" }] })).toEqual([["unclean-election", 1]]);
    expect(lossesBy(ALL)).toEqual([]);
  });

  it("does not extend to acks=1 under a leader that never changed", () => {
    expect(namesOf(lost(), { ...ALL, acks: 1, hasStableLeader: () => true })).toEqual(["lost"]);
  });

  it("is a violation where something else was lost that nothing allows", () => {
    const excuse = { ...TARGET, permits: ["lost"] as const, offsets: { startOffset: 1, endOffset: 2 }, because: "both witnesses lost power" };
    const history = historyOf(
      [0, 1, 2].map((offset) => ({ invokedUs: offset * 10, ackedUs: offset * 10 + 5, offset })),
      [0],
    );
    const verdict = checkHistory(history, { ...ALL, excuses: [excuse] });
    expect(verdict.permitted.length).toBe(1);
    expect([verdict.conclusion, verdict.isClean]).toEqual(["violated", false]);
    expect(formatVerdict(verdict)).toMatch(/^VIOLATED/);
  });

  it("covers by an excuse only its offsets and its anomalies", () => {
    const excuse = { ...TARGET, permits: ["lost"] as const, because: "both witnesses lost power" };
    const inside = { ...ALL, excuses: [{ ...excuse, offsets: { startOffset: 1, endOffset: 2 } }] };
    const outside = { ...ALL, excuses: [{ ...excuse, offsets: { startOffset: 2, endOffset: 3 } }] };
    expect(namesOf(lost(), inside)).toEqual([]);
    expect(namesOf(lost(), outside)).toEqual(["lost"]);
    expect(namesOf(lost(), { ...ALL, excuses: [{ ...excuse, partition: 1 }] })).toEqual(["lost"]);
    expect(namesOf(lost(), { ...ALL, excuses: [{ ...excuse, permits: ["duplicated"] }] })).toEqual(["lost"]);
  });

  it("covers by an excuse with a time only what was acknowledged before it, whenever it was sent", () => {
    const excusing = (ackedBeforeUs: number): CheckOptions => ({
      ...ALL,
      excuses: [{ ...TARGET, permits: ["lost"], ackedBeforeUs, because: "it led no more" }],
    });
    expect(namesOf(lost(), excusing(16))).toEqual([]);
    expect(namesOf(lost(), excusing(15))).toEqual(["lost"]);
    expect(namesOf(lost(), excusing(11))).toEqual(["lost"]);
  });

  describe("of a loss, to a value that was written again", () => {
    const excusing = (startOffset: number, endOffset: number): CheckOptions => ({
      ...ALL,
      excuses: [
        { ...TARGET, permits: ["duplicated", "inconsistent-offset", "offset-gap"], because: "every replica lost power", offsets: { startOffset, endOffset } },
      ],
    });
    const sends: readonly Sent[] = [
      { invokedUs: 0, ackedUs: 30, offset: 0 },
      { invokedUs: 1, ackedUs: 31, offset: 1 },
    ];
    /** Value 1 was polled at 0 before the loss; afterwards value 0 took its place. */
    const polledBefore = (): History => {
      const history = historyOf(sends, [0, 1]);
      history.poll(7, TARGET, [{ offset: 0, text: history.payloadOf({ ...TARGET, value: 1 }) }]);
      return history;
    };

    it("takes away the place that only a poll saw", () => {
      expect(namesOf(polledBefore(), excusing(0, 1))).toEqual([]);
      expect(checkHistory(polledBefore(), excusing(0, 1)).counts.permitted.duplicated).toBe(1);
    });

    it("takes away no other place", () => {
      expect(namesOf(polledBefore(), excusing(1, 2))).toContain("duplicated");
    });

    it("takes away no place that a final read shows", () => {
      expect(namesOf(historyOf(sends, [0, 1, 1]), excusing(0, 3))).toEqual(["duplicated"]);
    });

    it("leaves one place at most", () => {
      const history = polledBefore();
      history.poll(7, TARGET, [{ offset: 5, text: history.payloadOf({ ...TARGET, value: 1 }) }]);
      expect(namesOf(history, excusing(0, 1))).toContain("duplicated");
      expect(namesOf(history, excusing(0, 6))).not.toContain("duplicated");
    });
  });

  it("owes no order to a copy that was lost with acks=1, while an earlier copy lies where it should", () => {
    const sends: readonly Sent[] = [
      { invokedUs: 0, ackedUs: 10, offset: 5 },
      { invokedUs: 20, ackedUs: 30, offset: 1 },
    ];
    const loose: CheckOptions = { acks: 1, isIdempotent: false, maxInFlight: 1 };
    expect(namesOf(historyOf(sends, [0, 1]), loose)).toEqual([]);
    expect(namesOf(historyOf(sends, [0, 1]))).toEqual(["misplaced"]);
    expect(namesOf(historyOf(sends, [1, 0]), loose)).toContain("realtime-reordered");
  });

  it("covers by an excuse only what was sent before it", () => {
    const excuse = { ...TARGET, permits: ["lost"] as const, because: "both witnesses lost power", offsets: { startOffset: 1, endOffset: 2 } };
    expect(namesOf(lost(), { ...ALL, excuses: [{ ...excuse, sentBeforeUs: 11 }] })).toEqual([]);
    expect(namesOf(lost(), { ...ALL, excuses: [{ ...excuse, sentBeforeUs: 10 }] })).toEqual(["lost"]);
  });

  it("covers one value that was lost at an offset, not two that came later", () => {
    const sends: readonly Sent[] = [{ invokedUs: 0 }, { invokedUs: 100, ackedUs: 110, offset: 0 }, { invokedUs: 101 }];
    const excuses = [
      { ...TARGET, permits: ["inconsistent-offset"] as const, because: "everybody lost power", offsets: { startOffset: 0, endOffset: 1 }, sentBeforeUs: 50 },
    ];
    const readAs = (...values: readonly number[]): History => {
      const history = historyOf(sends, [1]);
      for (const value of values) history.poll(7, TARGET, [{ offset: 0, text: history.payloadOf({ ...TARGET, value }) }]);
      return history;
    };
    expect(namesOf(readAs(0), { ...ALL, excuses })).toEqual([]);
    expect(namesOf(readAs(0, 2), { ...ALL, excuses })).toContain("inconsistent-offset");
  });

  it("never covers a final read that goes back or leaves something out", () => {
    const excuses = [
      { ...TARGET, permits: ["nonmonotonic-poll", "offset-gap"] as const, because: "everybody lost power", offsets: { startOffset: 0, endOffset: 9 } },
    ];
    const history = new History("run1");
    const read = history.beginFinalRead(9, TARGET, { startOffset: 0, endOffset: 4 });
    const sends = history.invokeBatch(0, TARGET, 3, 0);
    history.ackBatch(sends.slice(0, 2), 0, 10);
    history.ackBatch(sends.slice(2), 3, 11);
    const at = (offset: number, value: number) => ({ offset, text: history.payloadOf({ ...TARGET, value }) });
    history.addToFinalRead(read, TARGET, [at(0, 0), at(1, 1), at(0, 0), at(1, 1), at(3, 2)]);
    read.complete();
    expect(namesOf(history, { ...ALL, excuses })).toEqual(expect.arrayContaining(["nonmonotonic-poll", "offset-gap"]));
  });

  it("takes a place away that only polls have seen: where the value was acknowledged again it may have been deleted, and read by nobody", () => {
    const loss = { ...TARGET, permits: ["misplaced"] as const, because: "everybody lost power", offsets: { startOffset: 0, endOffset: 5 } };
    const deletion = { ...TARGET, permits: ["lost"] as const, because: "records were deleted", isOfAbsence: true };
    const conclusionOf = (polledAt: readonly number[], finalAt?: number): string[] => {
      const history = new History("run1");
      const send = history.invokeSend(0, TARGET, 0);
      const text = history.payloadOf(send);
      for (const offset of polledAt) history.poll(8, TARGET, [{ offset, text }]);
      history.ackSend(send, 9, 50);
      const final = history.beginFinalRead(9, TARGET, { startOffset: finalAt ?? 20, endOffset: (finalAt ?? 19) + 1 });
      if (finalAt !== undefined) history.addToFinalRead(final, TARGET, [{ offset: finalAt, text }]);
      final.complete();
      return namesOf(history, { ...ALL, excuses: [loss, deletion] });
    };
    expect(conclusionOf([3])).toEqual([]);
    expect(conclusionOf([6])).toContain("misplaced");
    expect(conclusionOf([], 3)).toContain("misplaced");
    expect(conclusionOf([3], 6)).toContain("misplaced");
  });

  it("does not cover a value that was replaced where it covers those that are gone", () => {
    const sends = [0, 1].map((offset) => ({ invokedUs: offset * 10, ackedUs: offset * 10 + 5, offset }));
    const excuse = { ...TARGET, permits: ["lost"] as const, because: "records were deleted", offsets: { startOffset: 0, endOffset: 2 } };
    const ofAbsence = { ...ALL, excuses: [{ ...excuse, isOfAbsence: true }] };
    expect(namesOf(historyOf(sends, [0]), ofAbsence)).toEqual([]);
    const replaced = historyOf([...sends, { invokedUs: 20 }], [0, 2]);
    expect(namesOf(replaced, ofAbsence)).toContain("lost");
    expect(namesOf(replaced, { ...ALL, excuses: [excuse] })).not.toContain("lost");
  });

  it("takes a value for replaced by one that was sent later and read there, not by what was lost there before", () => {
    const excuse = { ...TARGET, permits: ["lost"] as const, isOfAbsence: true, because: "records were deleted" };
    const conclusionOf = (lostFirst: boolean): string[] => {
      const history = new History("run1");
      const ack = (atUs: number): void => history.ackSend(history.invokeSend(0, TARGET, atUs), 0, atUs + 5);
      if (lostFirst) history.invokeSend(0, TARGET, 0);
      ack(10);
      if (!lostFirst) history.invokeSend(0, TARGET, 20);
      history.poll(8, TARGET, [{ offset: 0, text: history.payloadOf({ ...TARGET, value: lostFirst ? 0 : 1 }) }]);
      history.beginFinalRead(9, TARGET, { startOffset: 3, endOffset: 3 }).complete();
      return namesOf(history, { ...ALL, excuses: [excuse] });
    };
    expect(conclusionOf(true)).not.toContain("lost");
    expect(conclusionOf(false)).toContain("lost");
  });

  it("never covers a phantom", () => {
    const history = historyOf([{ invokedUs: 0, ackedUs: 5, offset: 0 }], [0]);
    history.poll(7, TARGET, [{ offset: 0, text: "garbage" }]);
    expect(namesOf(history, { ...ALL, acks: 0, excuses: [{ ...TARGET, permits: ["phantom"], because: "no reason is good enough" }] })).toEqual(["phantom"]);
  });

  it("lets a producer without idempotence overtake itself, but not real time", () => {
    const loose: CheckOptions = { acks: "all", isIdempotent: false, maxInFlight: 5 };
    const concurrent = historyOf(
      [
        { invokedUs: 0, ackedUs: 20, offset: 1 },
        { invokedUs: 1, ackedUs: 19, offset: 0 },
      ],
      [1, 0],
    );
    expect(namesOf(concurrent, loose)).toEqual([]);
    expect(namesOf(concurrent, { ...loose, maxInFlight: 1 })).toEqual(["reordered"]);
    const later = historyOf(
      [
        { invokedUs: 0, ackedUs: 5, offset: 1 },
        { invokedUs: 10, ackedUs: 19, offset: 0 },
      ],
      [1, 0],
    );
    expect(namesOf(later, loose)).toEqual(["realtime-reordered"]);
  });
});

describe("order", () => {
  it("is judged between processes by real time only", () => {
    const overlapping = historyOf(
      [
        { invokedUs: 0, ackedUs: 20, offset: 1, process: 1 },
        { invokedUs: 5, ackedUs: 15, offset: 0, process: 2 },
      ],
      [1, 0],
    );
    expect(namesOf(overlapping)).toEqual([]);
    const apart = historyOf(
      [
        { invokedUs: 0, ackedUs: 4, offset: 1, process: 1 },
        { invokedUs: 5, ackedUs: 15, offset: 0, process: 2 },
      ],
      [1, 0],
    );
    expect(namesOf(apart)).toEqual(["realtime-reordered"]);
    const lostAt = (startOffset: number): CheckOptions => ({
      ...ALL,
      excuses: [{ ...TARGET, offsets: { startOffset, endOffset: startOffset + 1 }, permits: ["realtime-reordered"], because: "lost there by leave" }],
    });
    for (const place of [0, 1]) expect(namesOf(apart, lostAt(place)), `a loss at offset ${place}`).toEqual([]);
    expect(namesOf(apart, lostAt(2))).toEqual(["realtime-reordered"]);
  });

  it("forgives a reader that was told to go back", () => {
    const history = historyOf([{ invokedUs: 0, ackedUs: 5, offset: 0 }], [0]);
    const record = { offset: 0, text: history.payloadOf({ ...TARGET, value: 0 }) };
    history.poll(7, TARGET, [record]);
    history.seek(7, TARGET);
    history.poll(7, TARGET, [record]);
    expect(namesOf(history)).toEqual([]);
  });
});

describe("the verdict in words", () => {
  it("names topic, partition, offset and value", () => {
    const history = historyOf(
      [
        { invokedUs: 0, ackedUs: 5, offset: 0 },
        { invokedUs: 10, ackedUs: 15, offset: 1 },
      ],
      [0],
    );
    const text = formatVerdict(checkHistory(history, ALL));
    expect(text).toMatch(/^VIOLATED\n/);
    expect(text).toContain("orders-0, offset 1, value 1: run1/p0/000001/c0/");
  });

  it("keeps a bounded number of examples and the exact count", () => {
    const sends = Array.from({ length: 100 }, (_, index) => ({ invokedUs: index * 10, ackedUs: index * 10 + 5, offset: index }));
    const verdict = checkHistory(historyOf(sends, []), ALL);
    expect(verdict.anomalies.length).toBe(32);
    expect(verdict.counts.anomalies.lost).toBe(100);
    expect(formatVerdict(verdict)).toContain("… and 95 more");
  });

  it("tells of an end that went back behind what its reader was told, or had read", () => {
    const history = historyOf([{ invokedUs: 0, ackedUs: 5, offset: 0 }], [0]);
    const ask = (endOffset: number): void => history.toldEnd(3, TARGET, { knownEnd: history.knownEnd(3, TARGET), endOffset });
    ask(0);
    ask(1);
    expect(namesOf(history)).toEqual([]);
    ask(0);
    expect(namesOf(history)).toEqual(["nonmonotonic-end"]);
    history.poll(4, TARGET, [{ offset: 0, text: history.payloadOf({ ...TARGET, value: 0 }) }]);
    history.toldEnd(4, TARGET, { knownEnd: history.knownEnd(4, TARGET), endOffset: 0 });
    expect(checkHistory(history, ALL).counts.anomalies["nonmonotonic-end"]).toBe(2);
  });

  it("says no evidence of an empty history", () => {
    const verdict = checkHistory(new History("run1"), ALL);
    expect(verdict.isClean).toBe(false);
    expect(formatVerdict(verdict)).toMatch(/^NO EVIDENCE/);
  });

  it("judges a million acknowledged records", () => {
    const count = 1_000_000;
    const history = new History("run1");
    for (let value = 0; value < count; value++) history.ackSend(history.invokeSend(0, TARGET, value * 10), value, value * 10 + 25);
    const read = history.beginFinalRead(9, TARGET, { startOffset: 0, endOffset: count });
    for (let value = 0; value < count; value++) read.stream.add(value, value);
    read.complete();
    expect(checkHistory(history, ALL)).toMatchObject({ isClean: true, counts: { acked: count } });
  });
});
