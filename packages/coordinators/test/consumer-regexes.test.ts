import fc from "fast-check";
import { RE2JS } from "re2js";
import { ErrorCode } from "@samsa/protocol";
import { expect, it, vi } from "vitest";
import { regexSize } from "../src/groups/consumer/regex/regex-size.ts";
import { CONFIG, GROUP, GroupWorld } from "./support/group-world.ts";
import { settle, TestConsumer } from "./support/test-consumer.ts";

function world(...topics: readonly string[]): GroupWorld {
  const made = new GroupWorld({});
  for (const topic of topics) made.topics.make(topic, 1);
  return made;
}

const namesOf = (of: GroupWorld, { assigned }: TestConsumer): readonly (string | undefined)[] =>
  assigned.map(({ topicId }) => of.topics.topicById(topicId)?.name).sort();
const describe = (of: GroupWorld) => of.coordinator.describeConsumerGroup(GROUP);

it("finds the topics of a regular expression after the member has joined, in its group's next epoch", () => {
  const here = world("orders", "orders-eu", "audit");
  const a = new TestConsumer(here, "a", { regex: "orders.*" });
  expect(a.join()).toMatchObject({ errorCode: 0, memberEpoch: 1, assignment: { topicPartitions: [] } });
  here.pass(0);
  expect(a.beat()).toMatchObject({ errorCode: 0, memberEpoch: 2 });
  expect(namesOf(here, a)).toEqual(["orders", "orders-eu"]);
  expect(describe(here).members[0]).toMatchObject({ subscribedTopicNames: [], subscribedTopicRegex: "orders.*" });
});

it("matches whole names", () => {
  const here = world("orders", "my-orders", "orders2");
  const a = new TestConsumer(here, "a", { regex: "orders" });
  a.join();
  here.pass(0);
  a.beat();
  expect(namesOf(here, a)).toEqual(["orders"]);
});

it("looks again when topics have come or gone, at most every ten seconds", () => {
  const here = new GroupWorld({ consumer: { ...CONFIG.consumer, sessionTimeoutMs: 60_000 } });
  here.topics.make("orders", 1);
  const a = new TestConsumer(here, "a", { regex: "o.*" });
  a.join();
  here.pass(0);
  a.beat();
  a.obey();
  here.topics.make("others", 1);
  here.topicsChanged();
  here.pass(9_999);
  here.topicsChanged();
  a.beat();
  expect(namesOf(here, a)).toEqual(["orders"]);
  here.pass(1);
  a.beat();
  expect(namesOf(here, a)).toEqual(["orders", "others"]);
  a.obey();
  here.topics.delete("orders");
  here.topicsChanged();
  here.pass(10_000);
  a.beat();
  expect([namesOf(here, a), describe(here).groupEpoch]).toEqual([["others"], 4]);
});

it("refuses what is no expression, and what is too long for one", () => {
  const here = world("orders");
  const a = new TestConsumer(here, "a", { regex: "(((" });
  expect(a.join()?.errorMessage).toBe("SubscribedTopicRegex `(((` is not a valid regular expression: missing closing ).");
  expect([a.lastError, describe(here).errorCode]).toEqual(["INVALID_REGULAR_EXPRESSION", 69]);
  const long = new TestConsumer(here, "b", { regex: "o".repeat(2_049) });
  long.join();
  expect(long.lastError).toBe("INVALID_REGULAR_EXPRESSION");
});

it.each(["(a?){1000}".repeat(5), "((a{10}){10}){100}", "(.*){1000}(.*){1000}[^]a]{1000}\\p{Greek}{1000}{2}", "x{2,1000}".repeat(5)])(
  "refuses %s, which is short and not small",
  (regex) => {
    const a = new TestConsumer(world("orders"), "a", { regex });
    expect(a.join()?.errorMessage).toContain("too many repetitions");
    expect(a.lastError).toBe("INVALID_REGULAR_EXPRESSION");
  },
);

it("knows about how large an expression is", () => {
  const sizes = (...regexes: readonly string[]): readonly number[] => regexes.map(regexSize);
  expect(sizes("", "orders", "a|b", "a{3}", "[a-z[:digit:]\\]{]x", "\\p{Greek}\\x{10FF}\\d", "\\Qa{9}\\E", "{x}")).toEqual([0, 6, 3, 6, 2, 3, 7, 3]);
  expect(regexSize("(a){10}")).toBeGreaterThan(20);
  expect(regexSize("((a{10}){10}){10}")).toBeGreaterThan(1_000);
});

it("never takes an expression for much smaller than its engine does", () => {
  const atom = fc.constantFrom("a", ".", "[a-z]", "[]x]", "[^]{2}]", "\\d", "\\p{Greek}", "\\Q(a{3}\\E", "\\x{41}", "(?:ab)", "(a|b)", "(x)");
  // A thousand at most where they are nested: beyond that none is an expression.
  const quantifier = fc.constantFrom("", "*", "+?", "?", "{3}", "{2,}", "{0,7}", "{9}");
  const flat = fc.array(fc.tuple(atom, quantifier), { maxLength: 6 }).map((parts) => parts.flat().join(""));
  const nested = fc.tuple(flat, quantifier, flat).map(([inner, times, more]) => `(${inner})${times}|${more}`);
  fc.assert(
    fc.property(nested, quantifier, (inner, times) => {
      const regex = `(${inner})${times}`;
      expect(2 * regexSize(regex) + 10).toBeGreaterThanOrEqual(RE2JS.compile(regex).programSize());
    }),
  );
});

it.each([
  ["ranges", "(?i)[" + "\u0080-\u{10ffff}".repeat(500) + "]"],
  ["ranges of numbers", "(?i)[" + "\\x{80}-\\x{10ffff}".repeat(100) + "]"],
  ["classes", "(?s-m:a)(?mi)(" + "[^!-\\x{10ffff}]".repeat(9) + ")"],
  ["names of ranges", "[" + "\\pL".repeat(600) + "]"],
])("does not even read an expression whose %s take long to read", (_, regex) => {
  const compile = vi.spyOn(RE2JS, "compile");
  const a = new TestConsumer(world("orders"), "a", { regex });
  expect(a.join()).toMatchObject({ errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION });
  expect(compile).not.toHaveBeenCalled();
  compile.mockRestore();
});

it("reads an expression once, for the member that says it and for its topics", () => {
  const compile = vi.spyOn(RE2JS, "compile");
  const here = world("orders", "ORDERS-eu");
  const a = new TestConsumer(here, "a", { regex: "(?i)[a-z]+(-[à-ÿ\\p{L}]+)?" });
  a.join();
  here.pass(0);
  a.beat();
  expect([namesOf(here, a), compile.mock.calls.length]).toEqual([["ORDERS-eu", "orders"], 1]);
  compile.mockRestore();
});

it("takes an expression that would hold up a backtracking engine", () => {
  const here = world("a".repeat(200));
  const a = new TestConsumer(here, "a", { regex: "(a*)*b" });
  a.join();
  here.pass(0);
  expect(a.beat()?.errorCode).toBe(0);
});

it("shares an expression between members, and forgets it with the last of them", () => {
  const here = world("orders");
  const [a, b] = [new TestConsumer(here, "a", { regex: "o.*" }), new TestConsumer(here, "b", { regex: "o.*" })];
  a.join();
  here.pass(0);
  const { length } = here.log;
  b.join();
  here.pass(0);
  expect(
    here.log
      .slice(length)
      .flat()
      .some(({ name }) => name === "ConsumerGroupRegularExpression"),
  ).toBe(false);
  a.beat({ subscribedTopicRegex: "", subscribedTopicNames: ["orders"] });
  expect(here.log.at(-1)?.some(({ name }) => name === "ConsumerGroupRegularExpression")).toBe(false);
  b.leave();
  expect(here.log.at(-1)).toContainEqual({ name: "ConsumerGroupRegularExpression", key: { groupId: GROUP, regularExpression: "o.*" }, value: null });
  expect(a.beat()?.errorCode).toBe(0);
});

it("goes on after a failover with what it had found, and with what it had not", () => {
  const here = world("orders");
  const a = new TestConsumer(here, "a", { regex: "o.*" });
  a.join();
  here.failOver();
  here.pass(0);
  a.beat();
  expect(namesOf(here, a)).toEqual(["orders"]);
});

/** A member of each of so many groups asks for topics by an expression. */
function join(here: GroupWorld, groupId: string, memberId: string, regex: string): void {
  here.beat({ groupId, memberId, memberEpoch: 0, rebalanceTimeoutMs: 2_000, subscribedTopicRegex: regex, topicPartitions: [] });
}

const topicsFound = (of: GroupWorld): readonly (readonly [string, number])[] =>
  of.log.flat().flatMap((record) => {
    const isFound = record.name === "ConsumerGroupRegularExpression" && record.value !== null;
    return isFound ? [[`${record.key.groupId} ${record.key.regularExpression}`, record.value.topics.length] as const] : [];
  });

/** Ten or eleven characters each. */
const manyTopics = (): readonly string[] => Array.from({ length: 20_000 }, (_, at) => `topic-${at}`);

it("tries so many names in a turn and no more, of whatever expressions and groups", () => {
  const here = world(...manyTopics());
  // Expressions of nine states.
  for (const [groupId, regex] of [
    ["one", "topic-1.*"],
    ["two", "topic-2.*"],
    ["three", "topic-3.*"],
  ] as const)
    join(here, groupId, "a", regex);
  let turns = 0;
  for (; topicsFound(here).length < 3; turns++) {
    here.coordinator.deadline(here.now);
    here.settle();
  }
  expect(turns).toBe(12);
  expect(topicsFound(here)).toEqual([
    ["one topic-1.*", 11_111],
    ["two topic-2.*", 1_111],
    ["three topic-3.*", 1_111],
  ]);
});

it("reads few large expressions in a turn, also where there is next to no topic", () => {
  const here = world("orders");
  const compile = vi.spyOn(RE2JS, "compile");
  // More than are kept, of a thousand states each, in groups of their own.
  const count = 20;
  for (let at = 0; at < count; at++) join(here, `group-${at}`, "a", `(?i)${"x".repeat(1_000)}${at}|o.*`);
  compile.mockClear();
  let [turns, most] = [0, 0];
  for (; topicsFound(here).length < count; turns++) {
    const { length } = compile.mock.calls;
    here.coordinator.deadline(here.now);
    here.settle();
    most = Math.max(most, compile.mock.calls.length - length);
  }
  expect([turns, most]).toEqual([11, 2]);
  compile.mockRestore();
});

it("finds the topics of one expression however many others come meanwhile", () => {
  const here = world(...manyTopics());
  join(here, GROUP, "first", "topic-1.*");
  for (let turn = 0; turn < 8; turn++) {
    here.coordinator.deadline(here.now);
    here.settle();
    join(here, GROUP, `${turn}`, `topic-${turn}`);
  }
  expect(topicsFound(here)[0]).toEqual([`${GROUP} topic-1.*`, 11_111]);
});

it("writes the topics of each expression by itself: one that is too large for the log holds up no other, and is not tried over and over", () => {
  const here = new GroupWorld({ consumer: { ...CONFIG.consumer, sessionTimeoutMs: 60_000 } });
  for (let at = 0; at < 200; at++) here.topics.make(`topic-${at}`, 1);
  here.topics.make("orders", 1);
  here.batchBytesMax = 1_500;
  const [a, b] = [new TestConsumer(here, "a", { regex: "topic-.*" }), new TestConsumer(here, "b", { regex: "orders" })];
  a.join();
  b.join();
  here.pass(5_000);
  settle([a, b]);
  expect([namesOf(here, a), namesOf(here, b), here.tooLarge]).toEqual([[], ["orders"], 1]);
  for (let at = 0; at < 199; at++) here.topics.delete(`topic-${at}`);
  here.topicsChanged();
  here.pass(10_000);
  settle([a, b]);
  expect([namesOf(here, a), here.tooLarge]).toEqual([["topic-199"], 1]);
  // What it matched stays until there is room.
  for (let at = 0; at < 199; at++) here.topics.make(`topic-${at}`, 1);
  here.topicsChanged();
  here.pass(10_000);
  settle([a, b]);
  expect([namesOf(here, a), here.tooLarge]).toEqual([["topic-199"], 2]);
});

it("tries again what the log does not take for now", () => {
  const here = world("orders");
  const a = new TestConsumer(here, "a", { regex: "o.*" });
  a.join();
  here.refuses = "NOT_ENOUGH_REPLICAS";
  here.pass(100);
  here.refuses = undefined;
  here.pass(500);
  a.beat();
  expect(namesOf(here, a)).toEqual(["orders"]);
});

it("refuses more different expressions than a group may have", () => {
  const here = world("orders");
  const members = Array.from({ length: 101 }, (_, at) => new TestConsumer(here, `${at}`, { regex: `orders${at}` }));
  for (const member of members) member.join();
  expect([members.at(99)?.lastError, members.at(100)?.lastError]).toEqual(["NONE", "INVALID_REGULAR_EXPRESSION"]);
  members.at(0)?.leave();
  expect(members.at(100)?.join()?.errorCode).toBe(0);
});

it("gives to others what a member had by an expression that it changed for one of nothing", () => {
  const here = world("foo");
  const [a, b] = [new TestConsumer(here, "a", { topics: ["foo"] }), new TestConsumer(here, "b", { regex: "foo.*" })];
  b.join();
  here.pass(0);
  settle([b]);
  a.join();
  settle([a, b]);
  expect([a, b].map((one) => namesOf(here, one))).toEqual([[], ["foo"]]);
  b.beat({ subscribedTopicRegex: "zzz.*" });
  here.pass(0);
  settle([a, b]);
  expect([a, b].map((one) => namesOf(here, one))).toEqual([["foo"], []]);
});

it("looks no further for the topics of a group that is gone", () => {
  const here = world(...Array.from({ length: 20 }, (_, at) => `${at}`.padEnd(200, "a")));
  const a = new TestConsumer(here, "a", { regex: "(a?){400}" });
  a.join();
  const turn = (): boolean => {
    here.coordinator.deadline(here.now);
    return (here.coordinator.nextDeadlineUs ?? Number.POSITIVE_INFINITY) <= here.now.monotonicUs;
  };
  expect(turn()).toBe(true);
  a.leave();
  here.coordinator.deleteGroup(GROUP, () => {}, here.now);
  here.settle();
  expect(turn()).toBe(false);
});
