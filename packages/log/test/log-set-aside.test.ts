import { micros, uuid, wallMs } from "@samsa/stdx";
import { type Completion, type DiskEffect, type Effect, Outbox } from "@samsa/world";
import { expect, it } from "vitest";
import { LogSetAside, strayDirectory } from "../src/log-set-aside.ts";

const NOW = { monotonicUs: micros(0), wallMs: wallMs(0) };
const TOPIC_ID = uuid("AAAAAAAAAAAAAAAAAAAAAQ");
const ASIDE = "orders.AAAAAAAAAAAAAAAAAAAAAQ-3-stray";

/** Moves `names` aside one effect at a time, and tells what was asked for in which order. */
function setAside(names: readonly string[], failing?: DiskEffect["type"]) {
  const outbox = new Outbox();
  const [left, asked, ended] = [new Set(names), [] as string[], [] as string[]];
  const perform = (effect: Effect): Completion => {
    if (!("id" in effect)) throw new Error(`unexpected ${effect.type}`);
    const { id, type } = effect;
    if (type === failing) return { type: "failed", id, error: { code: "EIO", detail: "asked for" } };
    if (type === "rename") left.delete(effect.from.slice("orders-3/".length));
    asked.push(type === "rename" ? `${effect.from} > ${effect.to}` : `${type} ${"path" in effect ? effect.path : ""}`);
    if (type === "list") return { type: "listed", id, entries: [...left].map((name) => ({ name, isDirectory: false, size: 1 })) };
    if (type === "rename") return { type: "renamed", id };
    return { type: type === "make-directory" ? "directory-made" : "synced", id };
  };
  const done = () => void ended.push("done");
  new LogSetAside({ outbox, directory: "orders-3", topicId: TOPIC_ID, done, failed: (detail) => void ended.push(detail) }).start();
  for (let effects = outbox.drain(); effects.length > 0; effects = outbox.drain()) for (const effect of effects) outbox.complete(perform(effect), NOW);
  return { asked, ended };
}

it("moves nothing before the new directory's name lasts, and says whose the old one is until all else has moved for good", () => {
  const { asked, ended } = setAside(["partition.metadata", "00000000000000000000.log", "leader-epoch-checkpoint"]);
  expect(asked).toEqual([
    `make-directory ${ASIDE}`,
    "sync-directory ",
    "list orders-3",
    `orders-3/leader-epoch-checkpoint > ${ASIDE}/leader-epoch-checkpoint`,
    `orders-3/00000000000000000000.log > ${ASIDE}/00000000000000000000.log`,
    `sync-directory ${ASIDE}`,
    "sync-directory orders-3",
    "list orders-3",
    `orders-3/partition.metadata > ${ASIDE}/partition.metadata`,
    `sync-directory ${ASIDE}`,
    "sync-directory orders-3",
    "list orders-3",
  ]);
  expect(ended).toEqual(["done"]);
});

it.each(["make-directory", "list", "rename", "sync-directory"] as const)("tells of a disk that fails at %s", (type) => {
  expect(setAside(["partition.metadata"], type).ended).toEqual([`moving orders-3 to ${ASIDE}: EIO asked for`]);
});

it("finds a name that is short enough for a topic whose name is as long as can be", () => {
  const [one, two] = [0, 1].map((partition) => strayDirectory(`${"a-".repeat(124)}b-${partition}`, TOPIC_ID));
  expect([one?.length ?? 0, one === two]).toEqual([200 + 1 + 22 + 1 + 1 + 6, false]);
});
