import { Prng } from "@samsa/stdx";
import { expect, it } from "vitest";
import type { FaultFiring } from "../../src/index.ts";
import { FaultControl } from "../../src/index.ts";
import { ManualTimer } from "./manual-timer.ts";

function create(): { control: FaultControl; timer: ManualTimer; firings: FaultFiring[] } {
  const timer = new ManualTimer();
  const firings: FaultFiring[] = [];
  return { control: new FaultControl({ timer, prng: new Prng(1), fired: (firing) => firings.push(firing) }), timer, firings };
}

it("adds up faults that overlap, and ends each after its own time", () => {
  const { control, timer } = create();
  control.inject({ type: "slow-disk", byMs: 10, forMs: 100 });
  control.inject({ type: "slow-disk", byMs: 5, forMs: 50 });
  expect(control.slowDiskMs).toBe(15);
  timer.advance(50);
  expect(control.slowDiskMs).toBe(10);
  timer.advance(50);
  expect(control.slowDiskMs).toBe(0);
});

it("undoes a fault once, whether its time or the heal comes first", () => {
  const { control, timer } = create();
  control.inject({ type: "slow-network", byMs: 10, forMs: 100 });
  control.healAll();
  expect(control.slowNetworkMs).toBe(0);
  control.inject({ type: "slow-network", byMs: 7, forMs: 500 });
  timer.advance(100);
  expect(control.slowNetworkMs).toBe(7);
});

it("cuts an endpoint while any partition names it, in the directions it names", () => {
  const { control, timer } = create();
  control.inject({ type: "partition", endpoints: ["b:1"], stopsOutgoing: true, stopsIncoming: false, forMs: 100 });
  control.inject({ type: "partition", endpoints: ["b:1", "c:1"], stopsOutgoing: true, stopsIncoming: true, forMs: 50 });
  const cut = (): boolean[] => [
    control.isCut("b:1", "outgoing"),
    control.isCut("b:1", "incoming"),
    control.isCut("c:1", "incoming"),
    control.isCut("d:1", "outgoing"),
    control.isCut(undefined, "outgoing"),
  ];
  expect(cut()).toEqual([true, true, true, false, false]);
  timer.advance(50);
  expect(cut()).toEqual([true, false, false, false, false]);
  timer.advance(50);
  expect(cut()).toEqual([false, false, false, false, false]);
});

it("cuts without an end until the heal, and no longer", () => {
  // Whatever is given to this timer is over at once.
  const control = new FaultControl({ timer: { after: (_, run) => run() }, prng: new Prng(1), fired: () => undefined });
  control.inject({ type: "partition", endpoints: ["b:1"], stopsOutgoing: true, stopsIncoming: true });
  expect(control.isCut("b:1", "outgoing")).toBe(true);
  control.healAll();
  expect(control.isCut("b:1", "outgoing")).toBe(false);
});

it("spends disk errors in the order they were injected, on operations that match, and reports each", () => {
  const { control, firings } = create();
  control.inject({ type: "disk-error", operation: "append", path: "orders-0", error: "EIO", count: 2 });
  control.inject({ type: "disk-error", operation: "append", path: "", error: "ENOSPC", count: 1 });
  expect(control.takeDiskError("sync", "orders-0/a.log")).toBeUndefined();
  expect(control.takeDiskError("append", "other/a.log")).toBe("ENOSPC");
  expect(control.takeDiskError("append", "orders-0/a.log")).toBe("EIO");
  expect(control.takeDiskError("append", "orders-0/b.log")).toBe("EIO");
  expect(control.takeDiskError("append", "orders-0/b.log")).toBeUndefined();
  expect(firings.map(({ detail }) => detail)).toEqual(["append of other/a.log: ENOSPC", "append of orders-0/a.log: EIO", "append of orders-0/b.log: EIO"]);
});

it("cuts and slows down an endpoint until that is undone by hand, once, or all is healed", () => {
  const { control, firings } = create();
  let changes = 0;
  control.attachNetwork({ breakAll: () => {}, conditionsChanged: () => changes++ });
  const reconnect = control.cut({ endpoints: ["b:1"], stopsOutgoing: true, stopsIncoming: false });
  const speedUp = control.slowDown({ endpoints: ["b:1", "c:1"], byMs: 30 });
  control.slowDown({ endpoints: ["c:1"], byMs: 12 });
  control.inject({ type: "slow-network", byMs: 5, forMs: 100 });
  expect([control.isCut("b:1", "outgoing"), control.isCut("b:1", "incoming")]).toEqual([true, false]);
  expect([undefined, "a:1", "b:1", "c:1"].map((endpoint) => control.delayMs(endpoint))).toEqual([5, 5, 35, 47]);
  expect(firings.map(({ fault }) => fault)).toEqual(["partition", "slow-network", "slow-network", "slow-network"]);
  const changesBefore = changes;
  reconnect();
  reconnect();
  expect(changes).toBe(changesBefore + 1);
  expect(control.isCut("b:1", "outgoing")).toBe(false);
  speedUp();
  expect(control.delayMs("c:1")).toBe(17);
  control.healAll();
  expect(control.delayMs("c:1")).toBe(0);
});
