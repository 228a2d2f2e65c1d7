import { Prng } from "@samsa/stdx";
import { FaultControl } from "@samsa/world";
import { expect, test } from "vitest";
import { type Link, LinkFaults } from "../src/link-faults.ts";

const newControl = (): FaultControl => new FaultControl({ timer: { after: () => {} }, prng: new Prng(1), fired: () => {} });
const linkFaults = (): LinkFaults =>
  new LinkFaults(
    () => [],
    (node) => [`host:${node}`],
  );

test("a node that begins finds what was done to its links, on whichever side it is, and nothing of others", () => {
  const faults = linkFaults();
  const cut: Link = { sides: [[1], [2, 3]], delayMs: undefined };
  const slow: Link = { sides: [[2], [3]], delayMs: 40 };
  faults.add(cut);
  faults.add(slow);
  const controls = [1, 2, 3, 4].map((node) => {
    const control = newControl();
    faults.born(node, control);
    return control;
  });
  const cuts = controls.map((control) => [1, 2, 3, 4].filter((node) => control.isCut(`host:${node}`, "outgoing") && control.isCut(`host:${node}`, "incoming")));
  expect(cuts).toEqual([[2, 3], [1], [1], []]);
  expect(controls.map((control) => [1, 2, 3, 4].map((node) => control.delayMs(`host:${node}`)))).toEqual([
    [0, 0, 0, 0],
    [0, 0, 40, 0],
    [0, 40, 0, 0],
    [0, 0, 0, 0],
  ]);
  faults.remove(cut);
  expect(controls.some((control) => [1, 2, 3].some((node) => control.isCut(`host:${node}`, "outgoing")))).toBe(false);
});

test("a link that was mended is not found any more by who begins", () => {
  const faults = linkFaults();
  const cut: Link = { sides: [[1], [2]], delayMs: undefined };
  faults.add(cut);
  faults.remove(cut);
  const control = newControl();
  faults.born(1, control);
  expect(control.isCut("host:2", "outgoing")).toBe(false);
});
