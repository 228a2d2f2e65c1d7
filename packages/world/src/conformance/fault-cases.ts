import { equalBytes, micros, Prng } from "@samsa/stdx";
import type { Request } from "../effect.ts";
import type { DiskOperation } from "../fault-plan.ts";
import { FaultControl } from "../faults/fault-control.ts";
import type { FaultFiring } from "../faults/fault-control.ts";
import { faultyWorld } from "../faults/faulty-world.ts";
import type { ConformanceCase, ConformanceWorld } from "./case.ts";
import { check, until } from "./case.ts";
import { ScriptedNode } from "./scripted-node.ts";

const PATH = "a.log";
const REQUESTS: Readonly<Record<DiskOperation, Request>> = {
  append: { type: "append", path: PATH, position: 3, buffers: [Uint8Array.of(4)] },
  sync: { type: "sync", path: PATH },
  read: { type: "read", slice: { path: PATH, position: 0, length: 3, generation: 0 } },
  truncate: { type: "truncate", path: PATH, length: 1, generation: 0 },
};
const OPERATIONS = ["append", "sync", "read", "truncate"] as const;

function faulty(world: ConformanceWorld): { node: ScriptedNode; control: FaultControl; firings: FaultFiring[] } {
  const firings: FaultFiring[] = [];
  const control = new FaultControl({ timer: world, prng: new Prng(1), fired: (firing) => firings.push(firing) });
  return { node: new ScriptedNode(faultyWorld(world.nodes[0].ports, control)), control, firings };
}

const diskErrorCase = (operation: DiskOperation, error: "EIO" | "ENOSPC"): ConformanceCase => ({
  name: `an injected ${error} fails one ${operation}, which does nothing, and the next succeeds`,
  *run(world) {
    const { node, control, firings } = faulty(world);
    const first = node.append(PATH, 0, Uint8Array.of(1, 2, 3));
    yield until("the file is there", () => first.isDone);
    control.inject({ type: "disk-error", operation, path: "a.", error, count: 1 });
    const hit = node.ask(REQUESTS[operation]);
    yield until("the operation is done", () => hit.isDone);
    check(hit.error?.code === error, "it failed", { completion: hit.completion });
    check(firings.length === 1 && firings[0]?.fault === "disk-error", "the firing is reported");
    const [short, beyond] = [node.read(PATH, 0, 3), node.read(PATH, 0, 4)];
    yield until("the file is read", () => short.isDone && beyond.isDone);
    check(equalBytes(short.as("read").bytes, Uint8Array.of(1, 2, 3)) && beyond.error?.code === "ESHORT", "the file is as before");
    const again = node.ask(REQUESTS[operation]);
    yield until("the next is done", () => again.isDone);
    check(again.error === undefined, "the next succeeds", { error: again.error });
  },
});

/** Injected faults of disk and clock, over the decorators. */
export const faultCases: readonly ConformanceCase[] = [
  ...OPERATIONS.flatMap((operation) => (["EIO", "ENOSPC"] as const).map((error) => diskErrorCase(operation, error))),
  {
    name: "an injected error counts, hits files of its path only, and a heal takes it away",
    *run(world) {
      const { node, control } = faulty(world);
      control.inject({ type: "disk-error", operation: "append", path: "meta/", error: "EIO", count: 5 });
      const made = node.ask({ type: "make-directory", path: "meta" });
      yield until("the directory is made", () => made.isDone);
      const other = node.append("other.log", 0, Uint8Array.of(1));
      const hits = [node.append("meta/a", 0, Uint8Array.of(1)), node.append("meta/b", 0, Uint8Array.of(1))];
      yield until("all are done", () => other.isDone && hits.every((hit) => hit.isDone));
      check(other.error === undefined && hits.every((hit) => hit.error?.code === "EIO"), "only its path is hit");
      control.healAll();
      const healed = node.append("meta/a", 0, Uint8Array.of(1));
      yield until("it is done", () => healed.isDone);
      check(healed.error === undefined, "the heal takes it away");
    },
  },
  {
    name: "a slow disk delays each operation, keeps a file's order, and is over after its time",
    *run(world) {
      const { node, control } = faulty(world);
      const { clock } = world.nodes[0].ports;
      control.inject({ type: "slow-disk", byMs: 40, forMs: 60 });
      const from = clock.now().monotonicUs;
      const tickets = [node.append(PATH, 0, Uint8Array.of(1)), node.append(PATH, 1, Uint8Array.of(2)), node.ask({ type: "sync", path: PATH })];
      yield until("all are done", () => tickets.every((ticket) => ticket.isDone));
      check(clock.now().monotonicUs - from >= 30_000, "it took longer");
      check((tickets[0]?.order ?? 0) < (tickets[1]?.order ?? 0) && (tickets[1]?.order ?? 0) < (tickets[2]?.order ?? 0), "the order is kept");
      check(
        tickets.every((ticket) => ticket.error === undefined),
        "all succeed",
      );
      yield until("the fault is over", () => control.slowDiskMs === 0);
    },
  },
  {
    name: "a clock that runs too fast brings deadlines sooner, one that runs too slow later, and neither goes back",
    *run(world) {
      const { node, control } = faulty(world);
      const { clock } = world.nodes[0].ports;
      for (const driftPpm of [1_000_000, -500_000, 0]) {
        const shownBefore = shownNow(node);
        control.inject({ type: "clock", wallMs: 0, driftPpm });
        const trueFrom = clock.now().monotonicUs;
        const before = node.deadlines.length;
        const at = micros(shownNow(node) + 40_000);
        node.tell({ type: "deadline", at });
        yield until("the deadline comes", () => node.deadlines.length > before);
        const shown = node.deadlines[before] ?? 0;
        const took = clock.now().monotonicUs - trueFrom;
        const expected = (40_000 * 1_000_000) / (1_000_000 + driftPpm);
        check(took >= expected - 2, "not before the clock shows it", { took, expected });
        check(shownBefore <= at && shown >= at, "the clock goes on, and shows the deadline when it comes", { shown, shownBefore, at });
      }
    },
  },
  {
    name: "a jump of the wall clock moves wall time only",
    *run(world) {
      const { control } = faulty(world);
      const { clock } = faultyWorld(world.nodes[0].ports, control);
      const [wallBefore, shownBefore] = [clock.now().wallMs, clock.now().monotonicUs];
      control.inject({ type: "clock", wallMs: -3_600_000, driftPpm: 0 });
      const after = clock.now();
      check(after.wallMs <= wallBefore - 3_500_000, "wall time has gone back an hour");
      check(after.monotonicUs >= shownBefore && after.monotonicUs < shownBefore + 3_000_000_000, "monotonic time goes on");
      yield until("nothing", () => true);
    },
  },
];

const shownNow = (node: ScriptedNode): number => node.ports.clock.now().monotonicUs;
