import { CommandLog } from "@samsa/command-log";
import { describe, expect, test } from "vitest";

/** A state of numbers: records are appended, the change is how many. */
const create = (maxWaitingReplies = 10) =>
  new CommandLog<readonly number[], number, string, number>({
    initial: [],
    replay: (state, records) => ({ state: [...state, ...records], change: records.length }),
    maxWaitingReplies,
  });

const leading = () => {
  const log = create();
  log.commit({ index: 1, epoch: 1, records: [] });
  log.lead();
  return log;
};

describe("a leader", () => {
  test("decides on what is pending, and shows only what is committed", () => {
    const log = leading();
    log.submit({ records: [1, 2], reply: "a" });
    expect(log.speculative).toEqual([1, 2]);
    expect(log.committed).toEqual([]);
    expect(log.takeProposals()).toEqual([{ batch: 0, records: [1, 2] }]);
  });

  test("answers when the batch is committed, not before", () => {
    const log = leading();
    log.submit({ records: [1], reply: "a" });
    log.proposed(0, 2);
    expect(log.takeReplies()).toEqual([]);
    expect(log.commit({ index: 2, epoch: 1, records: [1] })).toBe(1);
    expect(log.takeReplies()).toEqual(["a"]);
    expect(log.speculative).toBe(log.committed);
  });

  test("holds an answer without records back until all earlier batches are committed", () => {
    const log = leading();
    log.submit({ records: [1], reply: "write" });
    log.submit({ records: [2], reply: "write 2" });
    log.submit({ records: [], reply: "read" });
    log.proposed(0, 2);
    log.proposed(1, 3);
    log.commit({ index: 2, epoch: 1, records: [1] });
    expect(log.takeReplies()).toEqual(["write"]);
    log.commit({ index: 3, epoch: 1, records: [2] });
    expect(log.takeReplies()).toEqual(["write 2", "read"]);
  });

  test("answers at once where nothing is pending, or the answer is marked immediate", () => {
    const log = leading();
    log.submit({ records: [], reply: "read" });
    expect(log.takeReplies()).toEqual(["read"]);
    log.submit({ records: [1], reply: "write" });
    log.submit({ records: [], reply: "now", isImmediate: true });
    expect(log.takeReplies()).toEqual(["now"]);
  });

  test("knows which batches are under way: not the committed ones, and none of a leadership that has ended", () => {
    const log = leading();
    for (const record of [1, 2, 3]) log.submit({ records: [record], reply: "" });
    const batches = log.takeProposals().map(({ batch }) => batch);
    const pending = (): readonly number[] => batches.filter((batch) => log.isPending(batch));
    expect(pending()).toEqual(batches);
    log.proposed(0, 2);
    log.commit({ index: 2, epoch: 1, records: [1] });
    expect(pending()).toEqual(batches.slice(1));
    log.resign(() => undefined);
    log.lead();
    log.submit({ records: [4], reply: "" });
    expect([pending(), log.takeProposals().map(({ batch }) => log.isPending(batch))]).toEqual([[], [true]]);
  });

  test("says that it is full at its bound, and not before", () => {
    const log = create(2);
    log.lead();
    log.submit({ records: [1], reply: "a" });
    expect(log.isFull).toBe(false);
    log.submit({ records: [], reply: "b" });
    expect(log.isFull).toBe(true);
    log.proposed(0, 1);
    log.commit({ index: 1, epoch: 1, records: [1] });
    expect(log.isFull).toBe(false);
  });

  test("passes over a foreign entry without records while batches are pending", () => {
    const log = leading();
    log.submit({ records: [1], reply: "a" });
    log.proposed(0, 3);
    log.commit({ index: 2, epoch: 1, records: [] });
    expect(log.takeReplies()).toEqual([]);
    log.commit({ index: 3, epoch: 1, records: [1] });
    expect(log.takeReplies()).toEqual(["a"]);
  });

  test("dies of a foreign batch at its own batch's place", () => {
    const log = leading();
    log.submit({ records: [1], reply: "a" });
    log.proposed(0, 3);
    expect(() => log.commit({ index: 2, epoch: 1, records: [7] })).toThrow("holds its own batches");
  });
});

describe("resigning", () => {
  test("drops what is speculative and fails what waits, in order", () => {
    const log = leading();
    log.submit({ records: [1], reply: "a" });
    log.submit({ records: [], reply: "internal" });
    log.submit({ records: [2], reply: "b" });
    log.resign((waiting) => (waiting === "internal" ? undefined : `failed ${waiting}`));
    expect(log.speculative).toEqual([]);
    expect(log.takeReplies()).toEqual(["failed a", "failed b"]);
    expect(log.takeProposals()).toEqual([]);
    expect([log.isLeading, log.isFull, log.pendingBatches]).toEqual([false, false, 0]);
  });

  test("does not stop a batch from being committed by the next leader: it is replayed, and answered no more", () => {
    const log = leading();
    log.submit({ records: [1], reply: "a" });
    log.proposed(0, 2);
    log.resign(() => undefined);
    log.commit({ index: 2, epoch: 1, records: [1] });
    expect(log.committed).toEqual([1]);
    expect(log.takeReplies()).toEqual([]);
  });

  test("makes a late index of a dropped batch meaningless", () => {
    const log = leading();
    log.submit({ records: [1], reply: "a" });
    log.resign(() => undefined);
    log.lead();
    log.submit({ records: [2], reply: "b" });
    log.proposed(0, 2);
    log.proposed(1, 3);
    log.commit({ index: 2, epoch: 2, records: [] });
    log.commit({ index: 3, epoch: 2, records: [2] });
    expect(log.takeReplies()).toEqual(["b"]);
  });
});

test("a standby replays, and runs no commands", () => {
  const log = create();
  expect(log.commit({ index: 4, epoch: 1, records: [1, 2] })).toBe(2);
  expect(log.speculative).toEqual([1, 2]);
  expect(() => log.submit({ records: [1], reply: "a" })).toThrow("only a leader");
  expect(() => log.commit({ index: 4, epoch: 1, records: [] })).toThrow("in order");
});

test("a standby takes a snapshot in the place of entries it lacks, and goes on behind it", () => {
  const log = create();
  log.commit({ index: 4, epoch: 1, records: [1] });
  log.restore([1, 2, 3], 9);
  expect([log.committed, log.speculative]).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ]);
  expect(() => log.commit({ index: 9, epoch: 1, records: [] })).toThrow("in order");
  log.commit({ index: 10, epoch: 1, records: [4] });
  expect(log.committed).toEqual([1, 2, 3, 4]);
  expect(() => log.restore([], 10)).toThrow("leads on");
  log.lead();
  expect(() => log.restore([], 11)).toThrow("a leader has all entries");
});
