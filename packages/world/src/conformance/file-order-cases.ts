import { concatBytes, equalBytes, Prng } from "@samsa/stdx";
import type { ConformanceCase } from "./case.ts";
import { check, pass, until } from "./case.ts";
import type { Ticket } from "./scripted-node.ts";
import { ScriptedNode } from "./scripted-node.ts";
import { WatchedDisk } from "./watched-disk.ts";

const allDone = (tickets: readonly Ticket[]) => (): boolean => tickets.every((ticket) => ticket.isDone);

/** What the operations of one file promise each other, and what those of different files do not. */
export const fileOrderCases: readonly ConformanceCase[] = [
  {
    name: "appends of one turn arrive in order, gathered into few writes",
    *run({ nodes: [{ ports }] }) {
      const disk = new WatchedDisk();
      const node = new ScriptedNode(disk.decorate(ports));
      const prng = new Prng(2);
      const buffers = Array.from({ length: 200 }, () => prng.bytes(prng.between(1, 2_000)));
      let position = 0;
      const appends = buffers.map((buffer) => {
        const ticket = node.append("a.log", position, buffer);
        position += buffer.length;
        return ticket;
      });
      yield until("the appends are done", allDone(appends));
      check(disk.appends <= 3, "the appends are gathered", { writes: disk.appends });
      check(
        appends.every((ticket, index) => index === 0 || ticket.order > (appends[index - 1]?.order ?? 0)),
        "completions come in the order of the appends",
      );
      const read = node.read("a.log", 0, position);
      yield until("the read is done", () => read.isDone);
      check(equalBytes(read.as("read").bytes, concatBytes(buffers)), "the file is the concatenation");
    },
  },
  {
    name: "appends that are not next to each other are not gathered",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      const appends = [node.append("a.log", 0, Uint8Array.of(1, 2, 3)), node.append("a.log", 1, Uint8Array.of(9)), node.append("a.log", 3, Uint8Array.of(4))];
      yield until("the appends are done", allDone(appends));
      const read = node.read("a.log", 0, 4);
      yield until("the read is done", () => read.isDone);
      check(equalBytes(read.as("read").bytes, Uint8Array.of(1, 9, 3, 4)), "the later write of a byte rules");
    },
  },
  {
    name: "a sync comes after the appends asked for before it, and holds up none behind it",
    *run(world) {
      const disk = new WatchedDisk();
      disk.holds = (operation) => operation !== "read";
      const node = new ScriptedNode(disk.decorate(world.nodes[0].ports));
      const before = node.append("a.log", 0, Uint8Array.of(1));
      yield until("the first append is held", () => disk.heldCount === 1);
      const covered = node.append("a.log", 1, Uint8Array.of(2));
      const sync = node.ask({ type: "sync", path: "a.log" });
      const behind = node.append("a.log", 2, Uint8Array.of(3));
      yield pass(world, 20);
      check(disk.heldCount === 1 && !sync.isDone, "the sync waits for the appends before it");
      disk.letGo();
      disk.holds = (operation) => operation === "sync";
      yield until("the appends are done", allDone([before, covered, behind]));
      yield until("the sync is under way", () => disk.heldCount === 1);
      check(!sync.isDone, "the append behind the sync did not wait for it");
      disk.letGo();
      yield until("the sync is done", () => sync.isDone);
      sync.as("synced");
    },
  },
  {
    name: "a read goes on while an append to the file is under way",
    *run({ nodes: [{ ports }] }) {
      const disk = new WatchedDisk();
      const node = new ScriptedNode(disk.decorate(ports));
      const first = node.append("a.log", 0, Uint8Array.of(1, 2, 3));
      yield until("the first append is done", () => first.isDone);
      disk.holds = (operation) => operation === "append";
      const second = node.append("a.log", 3, Uint8Array.of(4));
      const read = node.read("a.log", 0, 3);
      yield until("the read is done", () => read.isDone);
      check(!second.isDone, "the append is still under way");
      check(equalBytes(read.as("read").bytes, Uint8Array.of(1, 2, 3)), "the read sees what was written before");
      disk.letGo();
      yield until("the append is done", () => second.isDone);
    },
  },
  {
    name: "a slow operation on one file holds up none on another",
    *run({ nodes: [{ ports }] }) {
      const disk = new WatchedDisk();
      disk.holds = (_operation, path) => path === "slow.log";
      const node = new ScriptedNode(disk.decorate(ports));
      const slow = node.append("slow.log", 0, Uint8Array.of(1));
      const quick = [node.append("quick.log", 0, Uint8Array.of(1)), node.ask({ type: "sync", path: "quick.log" })];
      yield until("the other file's operations are done", allDone(quick));
      check(!slow.isDone, "the slow one is still under way");
      disk.letGo();
      yield until("the slow one is done", () => slow.isDone);
    },
  },
  {
    name: "a rename takes its turn among the operations of both names",
    *run({ nodes: [{ ports }] }) {
      const disk = new WatchedDisk();
      disk.holds = (operation, path) => operation === "append" && path === "draft";
      const node = new ScriptedNode(disk.decorate(ports));
      const tickets = [
        node.append("draft", 0, Uint8Array.of(1, 2, 3)),
        node.ask({ type: "rename", from: "draft", to: "final" }),
        node.append("final", 3, Uint8Array.of(4)),
        node.append("draft", 0, Uint8Array.of(9)),
      ] as const;
      yield until("the first append is held", () => disk.heldCount === 1);
      check(!tickets[2].isDone, "what is asked of the new name waits for the rename");
      disk.letGo();
      yield until("all are done", allDone(tickets));
      tickets[1].as("renamed");
      const reads = [node.read("final", 0, 4), node.read("draft", 0, 1)] as const;
      yield until("the reads are done", allDone(reads));
      check(equalBytes(reads[0].as("read").bytes, Uint8Array.of(1, 2, 3, 4)), "the new name has what was appended under both");
      check(equalBytes(reads[1].as("read").bytes, Uint8Array.of(9)), "the old name is a new file");
    },
  },
  {
    name: "a deletion and a truncation take their turn among the appends",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      const tickets = [
        node.append("a.log", 0, Uint8Array.of(1, 2)),
        node.ask({ type: "delete", path: "a.log" }),
        node.append("a.log", 0, Uint8Array.of(3, 4, 5)),
        node.ask({ type: "truncate", path: "a.log", length: 2, generation: 2 }),
        node.append("a.log", 2, Uint8Array.of(6)),
      ];
      yield until("all are done", allDone(tickets));
      check(
        tickets.every((ticket, index) => ticket.error === undefined && (index === 0 || ticket.order > (tickets[index - 1]?.order ?? 0))),
        "all succeed, in order",
      );
      const read = node.read("a.log", 0, 3, 2);
      yield until("the read is done", () => read.isDone);
      check(equalBytes(read.as("read").bytes, Uint8Array.of(3, 4, 6)), "the file is as if one had been done after the other");
    },
  },
  {
    name: "a read of a slice whose generation has passed fails with ESTALE",
    *run({ nodes: [{ ports }] }) {
      const disk = new WatchedDisk();
      const node = new ScriptedNode(disk.decorate(ports));
      const append = node.append("a.log", 0, new Uint8Array(100));
      yield until("the append is done", () => append.isDone);
      disk.holds = (operation) => operation === "read";
      const midway = node.read("a.log", 0, 10);
      yield until("the read is under way", () => disk.heldCount === 1);
      const truncation = node.ask({ type: "truncate", path: "a.log", length: 50, generation: 1 });
      yield until("the truncation is done", () => truncation.isDone);
      disk.letGo();
      const stale = node.read("a.log", 0, 10);
      const fresh = node.read("a.log", 0, 10, 1);
      yield until("the reads are done", allDone([midway, stale, fresh]));
      check(midway.error?.code === "ESTALE", "a truncation in the middle of a read makes it stale", { completion: midway.completion?.type });
      check(stale.error?.code === "ESTALE", "an old slice is stale", { completion: stale.completion?.type });
      fresh.as("read");
    },
  },
];
