import { expect, test } from "vitest";
import { parseSelector, parseSide, resolveSelector, topicOf } from "../../src/local-cluster/selectors.ts";
import { UsageError } from "../../src/usage-error.ts";
import { report } from "./cluster-records.ts";

const KNOWN = [1, 2, 3];
const partition = (topic: string, index: number, leader: number) => ({ topic, partition: index, leader, leaderEpoch: 0, replicas: KNOWN, isr: KNOWN });

test("nodes are named by id, several ids, or by a role", () => {
  expect(parseSelector("2")).toEqual({ type: "ids", ids: [2] });
  expect(parseSelector("2,3")).toEqual({ type: "ids", ids: [2, 3] });
  expect(parseSelector("controller")).toEqual({ type: "controller" });
  expect(parseSelector("leader:my-topic-2-10")).toEqual({ type: "leader", topic: "my-topic-2", partition: 10 });
  expect(parseSelector("coordinator:a group: 1")).toEqual({ type: "coordinator", group: "a group: 1" });
});

test("what names no node says what would", () => {
  for (const text of ["", "x", "-1", "1,", "leader:orders", "leader:-1", "coordinator:", "all"]) expect(() => parseSelector(text)).toThrow(UsageError);
  expect(() => parseSelector("leader:orders")).toThrow('"leader:orders" names no node; it must be an id (2), several (2,3), leader:TOPIC-PARTITION');
});

test("ids that there are not, and roles as sides of a cut, are usage errors", () => {
  expect(() => resolveSelector({ type: "ids", ids: [2, 7, 8] }, KNOWN, undefined)).toThrow("there is no node 7, 8; there is 1, 2, 3");
  expect(() => parseSide("controller", KNOWN)).toThrow("is no list of ids");
  expect(parseSide("3,3,1", KNOWN)).toEqual([3, 1]);
});

test("roles are resolved by what is known now", () => {
  const known = report({ partitions: [partition("orders", 0, 3), partition("orders", 1, -1)] });
  expect(resolveSelector(parseSelector("leader:orders-0"), KNOWN, known)).toEqual({ ok: true, ids: [3], because: "leader of orders-0" });
  expect(resolveSelector(parseSelector("leader:orders-1"), KNOWN, known)).toEqual({ ok: false, problem: "nobody leads orders-1" });
  expect(resolveSelector(parseSelector("leader:orders-9"), KNOWN, known)).toEqual({ ok: false, problem: "there is no partition orders-9" });
  expect(resolveSelector(parseSelector("controller"), KNOWN, known)).toMatchObject({ ok: true, ids: [2] });
  expect(resolveSelector(parseSelector("controller"), KNOWN, report({ controller: -1 }))).toMatchObject({ ok: false });
  expect(resolveSelector(parseSelector("controller"), KNOWN, undefined)).toMatchObject({
    ok: false,
    problem: expect.stringContaining("name nodes by their ids"),
  });
});

test("a group's coordinator leads the partition that Kafka keeps the group on", () => {
  const offsets = Array.from({ length: 50 }, (_, index) => partition("__consumer_offsets", index, index === 12 ? 3 : 1));
  // "my-group".hashCode() is -1906497762 in Java, and 1906497762 % 50 is 12.
  const selector = parseSelector("coordinator:my-group");
  expect(topicOf(selector)).toBe("__consumer_offsets");
  expect(resolveSelector(selector, KNOWN, report({ partitions: offsets }))).toEqual({ ok: true, ids: [3], because: "coordinator of group my-group" });
  expect(resolveSelector(selector, KNOWN, report())).toMatchObject({ ok: false, problem: expect.stringContaining("no group has a coordinator yet") });
});
