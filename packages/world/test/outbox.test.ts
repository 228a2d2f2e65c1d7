import { micros, wallMs } from "@samsa/stdx";
import { expect, it } from "vitest";
import { Outbox } from "../src/index.ts";
import type { Completion } from "../src/index.ts";

const now = { monotonicUs: micros(0), wallMs: wallMs(0) };

it("gives effects in the order they were asked for, once", () => {
  const outbox = new Outbox();
  const id = outbox.request({ type: "sync", path: "a" }, { complete: () => {} });
  outbox.emit({ type: "deadline", at: micros(5) });
  expect(outbox.drain()).toEqual([
    { type: "sync", path: "a", id },
    { type: "deadline", at: 5 },
  ]);
  expect(outbox.drain()).toEqual([]);
});

it("hands a completion to whoever asked, and takes a second one for a broken self", () => {
  const outbox = new Outbox();
  const heard: Completion[] = [];
  const id = outbox.request({ type: "sync", path: "a" }, { complete: (completion) => heard.push(completion) });
  expect(outbox.pending).toBe(1);
  outbox.complete({ type: "synced", id }, now);
  expect(heard).toEqual([{ type: "synced", id }]);
  expect(outbox.pending).toBe(0);
  expect(() => outbox.complete({ type: "synced", id }, now)).toThrow("a completion has an owner and comes once");
});

it("tells what it is given in the order of the effects, also where nobody follows every step", () => {
  const outbox = new Outbox();
  outbox.isDetailed = false;
  outbox.trace({ kind: "healed" });
  outbox.emit({ type: "exit", code: 0, reason: "done" });
  expect(outbox.drain().map(({ type }) => type)).toEqual(["trace", "exit"]);
});
