import { Prng } from "@samsa/stdx";
import type { OperatorFault } from "@samsa/world";
import { expect, test } from "vitest";
import { NodeFaults } from "../../src/index.ts";

const faults = (): NodeFaults =>
  new NodeFaults({ nodeId: 1, timer: { after: () => undefined }, prng: new Prng(1), topicName: () => undefined, fired: () => undefined });
const self = { type: "node", id: 1 } as const;

test("a node does to itself what its ports can do", () => {
  const node = faults();
  const known: readonly OperatorFault[] = [
    { type: "plant", victim: self, plant: "duplicate", topic: "t", afterBatches: 0 },
    { type: "slow-disk", victim: self, byMs: 1, forMs: 1 },
    { type: "slow-network", victim: self, byMs: 1, forMs: 1 },
    { type: "disk-error", victim: self, operation: "sync", path: "", error: "EIO", count: 1 },
    { type: "disk-full", victim: self, forMs: 1 },
    { type: "log-dir-failure", victim: self, logDir: 1, forMs: 1 },
    { type: "reset", losesBytes: false },
    { type: "cut", endpoints: ["h:1"] },
    { type: "heal" },
  ];
  expect(known.map((fault) => node.inject(fault))).toEqual(known.map(() => null));
});

test("what needs somebody outside of the process, and what is meant for another node, is refused", () => {
  const node = faults();
  expect(node.inject({ type: "crash", victim: self })).toBe("a node can't do crash to itself");
  expect(node.inject({ type: "slow-disk", victim: { type: "node", id: 2 }, byMs: 1, forMs: 1 })).toBe("the victim is not this node, 1");
});

test.each([
  [undefined, true, true],
  ["outgoing", true, false],
  ["incoming", false, true],
] as const)("a cut that stops %s stops just that, until the heal", (stops, outgoing, incoming) => {
  const node = faults();
  const isCut = (): readonly boolean[] => (["outgoing", "incoming"] as const).map((direction) => node.control.isCut("h:1", direction));
  expect(node.inject({ type: "cut", endpoints: ["h:1"], ...(stops === undefined ? {} : { stops }) })).toBeNull();
  expect(isCut()).toEqual([outgoing, incoming]);
  expect(node.inject({ type: "heal" })).toBeNull();
  expect(isCut()).toEqual([false, false]);
});

test("lies that wait for their turn have a bound", () => {
  const node = faults();
  const plant = (): string | null => node.inject({ type: "plant", victim: self, plant: "duplicate", topic: "t", afterBatches: 1_000_000 });
  const answers = Array.from({ length: 17 }, plant);
  expect(answers.slice(0, 16)).toEqual(Array.from({ length: 16 }, () => null));
  expect(answers[16]).toBe("too many lies wait for their turn");
});

test("a heal takes back the lies that wait for their turn", () => {
  const node = faults();
  const plant = (): string | null => node.inject({ type: "plant", victim: self, plant: "duplicate", topic: "t", afterBatches: 1_000_000 });
  for (let waiting = 0; waiting < 16; waiting++) plant();
  expect(plant()).toBe("too many lies wait for their turn");
  expect(node.inject({ type: "heal" })).toBeNull();
  expect(plant()).toBeNull();
});
