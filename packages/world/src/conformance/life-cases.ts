import type { ConformanceCase } from "./case.ts";
import { check, pass, until } from "./case.ts";
import { connectPair } from "./pair.ts";
import { ScriptedNode } from "./scripted-node.ts";
import { WatchedDisk } from "./watched-disk.ts";

/** Start, stop, and a machine that is broken. */
export const lifeCases: readonly ConformanceCase[] = [
  {
    name: "the first input is started, and it does not come inside start",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      check(node.inputs.length === 0, "start returns before the first turn");
      yield until("it has started", () => node.inputs.length > 0);
      check(node.inputs[0]?.type === "started", "started is the first");
    },
  },
  {
    name: "inputs of one moment are one turn, and all see the same now",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      for (let i = 0; i < 10; i++) node.shell.requestStop();
      yield until("it has started", () => node.inputs.length > 0);
      check(node.inputs.length === 11, "all came in the first turn", { inputs: node.inputs.length });
    },
  },
  {
    name: "a machine that throws ends the process with 70 and a violation in the trace, and hears nothing more",
    *run(world) {
      const [{ ports, exits, traced }] = world.nodes;
      const node = new ScriptedNode(ports);
      yield until("it has started", () => node.inputs.length > 0);
      node.onNextStep = () => check(false, "two leaders in one term", { term: 3 });
      node.shell.requestStop();
      yield until("it ends", () => exits.length > 0);
      check(exits[0]?.code === 70, "the exit code tells of a broken self", { code: exits[0]?.code });
      const violation = traced.find((event) => event.kind === "violation");
      check(violation?.kind === "violation" && violation.invariant.includes("two leaders in one term"), "the trace names what was violated", { violation });
      const heard = node.inputs.length;
      node.shell.requestStop();
      yield pass(world, 20);
      check(node.inputs.length === heard && exits.length === 1, "it is dead");
    },
  },
  {
    name: "an exit ends the process with its code, once, and nothing asked for after it is done",
    *run(world) {
      const [{ ports, exits }] = world.nodes;
      const disk = new WatchedDisk();
      const node = new ScriptedNode(disk.decorate(ports));
      yield until("it has started", () => node.inputs.length > 0);
      node.tell({ type: "exit", code: 3, reason: "a failed sync" });
      node.append("late.log", 0, Uint8Array.of(1));
      node.tell({ type: "exit", code: 4, reason: "again" });
      yield until("it ends", () => exits.length > 0);
      yield pass(world, 20);
      check(exits.length === 1 && exits[0]?.code === 3 && exits[0].reason === "a failed sync", "it ends once, with the first code", { exits: exits.length });
      check(disk.appends === 0, "nothing was done after it");
    },
  },
  {
    name: "nothing reaches a machine after kill, and what had not begun is not done",
    *run(world) {
      const disk = new WatchedDisk();
      const { dialler, acceptor } = yield* connectPair(world, "stream", (ports) => disk.decorate(ports));
      disk.holds = (operation) => operation === "append";
      const first = dialler.node.append("a.log", 0, Uint8Array.of(1));
      dialler.node.append("a.log", 9, Uint8Array.of(2));
      yield until("an append is under way", () => disk.heldCount === 1);
      const heard = dialler.node.inputs.length;
      dialler.node.shell.kill();
      disk.letGo();
      acceptor.node.send(acceptor.connection, Uint8Array.of(1));
      dialler.node.shell.requestStop();
      yield pass(world, 50);
      check(dialler.node.inputs.length === heard && !first.isDone, "it heard nothing", { before: heard, after: dialler.node.inputs.length });
      check(disk.appends === 1, "the second append never began", { appends: disk.appends });
    },
  },
  {
    name: "a trace event carries the node, the time and a sequence",
    *run({ nodes: [{ ports, traced }] }) {
      const node = new ScriptedNode(ports);
      node.tell({ type: "trace", event: { kind: "note", text: "one" } });
      node.tell({ type: "trace", event: { kind: "note", text: "two" } });
      yield until("both are traced", () => traced.length >= 2);
      check(traced.map((event) => (event.kind === "note" ? event.text : "")).join() === "one,two", "in order");
    },
  },
  {
    name: "a world gives a seed and a boot id",
    *run({ nodes: [{ ports }] }) {
      check(Number.isSafeInteger(ports.seed) && ports.seed >= 0, "the seed is a whole number", { seed: ports.seed });
      check(ports.bootId.length > 0, "the boot id is there");
      yield until("nothing", () => true);
    },
  },
];
