import { micros, type Now, offset, wallMs } from "@samsa/stdx";
import { expect, it } from "vitest";
import { CoordinatorShard } from "../src/runtime/coordinator-shard.ts";

const at = (ms: number): Now => ({ monotonicUs: micros(ms * 1000), wallMs: wallMs(ms) });

/** Its state is the sum of its records. */
function shardOf(append: (records: readonly number[]) => number | undefined = () => undefined) {
  let end = 0;
  const shard = new CoordinatorShard<number, number>({
    initial: 0,
    replay: (state, records) => records.reduce((sum, record) => sum + record, state),
    writeTimeoutMs: 100,
    log: {
      append: (records) =>
        append(records) === undefined ? { type: "appended", endOffset: offset((end += records.length)) } : { type: "failed", error: "NOT_ENOUGH_REPLICAS" },
    },
  });
  const told: string[] = [];
  const settled = (name: string) => (error: string | undefined) => void told.push(`${name} ${error ?? "done"}`);
  return { shard, told, settled };
}

it("decides on what was written, and tells nobody before it is committed", () => {
  const { shard, told, settled } = shardOf();
  shard.opened();
  shard.write([1], settled("one"), at(0));
  shard.write([2], settled("two"), at(0));
  expect([shard.state, shard.committedState]).toEqual([3, 0]);
  shard.committedTo(offset(1), at(1));
  expect([shard.state, shard.committedState, told]).toEqual([3, 1, ["one done"]]);
  shard.committedTo(offset(5), at(1));
  expect([shard.committedState, told]).toEqual([3, ["one done", "two done"]]);
});

it("lets an answer that rests on what was written wait for it", () => {
  const { shard, told, settled } = shardOf();
  shard.opened();
  shard.afterWrites(settled("before"), at(0));
  shard.write([1], settled("one"), at(0));
  shard.afterWrites(settled("after"), at(0));
  expect(told).toEqual(["before done"]);
  shard.committedTo(offset(1), at(0));
  expect(told).toEqual(["before done", "one done", "after done"]);
});

it("changes nothing where the log takes nothing", () => {
  const { shard, told, settled } = shardOf((records) => records[0]);
  shard.opened();
  shard.write([1], settled("one"), at(0));
  expect([shard.state, told]).toEqual([0, ["one NOT_ENOUGH_REPLICAS"]]);
});

it("drops what is not committed with its leadership, and says that it coordinates no more", () => {
  const { shard, told, settled } = shardOf();
  shard.opened();
  shard.write([1], settled("one"), at(0));
  shard.committedTo(offset(1), at(0));
  shard.write([2], settled("two"), at(0));
  shard.close(at(1));
  expect([shard.state, shard.committedState]).toEqual([1, 1]);
  shard.write([4], settled("three"), at(1));
  shard.committedTo(offset(9), at(1));
  expect(told).toEqual(["one done", "two NOT_COORDINATOR", "three NOT_COORDINATOR"]);
});

it("gives up a write after its time, once, and takes it back from nobody", () => {
  const { shard, told, settled } = shardOf();
  shard.opened();
  shard.write([1], settled("one"), at(0));
  expect(shard.nextDeadlineUs).toBe(at(100).monotonicUs);
  shard.deadline(at(99));
  shard.deadline(at(100));
  shard.committedTo(offset(1), at(101));
  expect([told, shard.committedState, shard.nextDeadlineUs]).toEqual([["one REQUEST_TIMED_OUT"], 1, undefined]);
});

it("begins with what it has loaded", () => {
  const { shard, told, settled } = shardOf();
  shard.loaded([5], offset(1));
  shard.loaded([], offset(2));
  expect(shard.isActive).toBe(false);
  shard.opened();
  shard.afterWrites(settled("read"), at(0));
  expect([shard.state, shard.committedState, told]).toEqual([5, 5, ["read done"]]);
});

it("writes behind everything what an answer leads to", () => {
  const { shard, told, settled } = shardOf();
  shard.opened();
  shard.write([1], () => shard.write([10], settled("led to"), at(1)), at(0));
  shard.write([2], settled("two"), at(0));
  shard.committedTo(offset(2), at(1));
  expect([shard.state, shard.committedState, told]).toEqual([13, 3, ["two done"]]);
  shard.committedTo(offset(3), at(1));
  expect(told).toEqual(["two done", "led to done"]);
});
