import { equalBytes, Prng } from "@samsa/stdx";
import type { EffectErrorCode } from "../input.ts";
import type { ConformanceCase } from "./case.ts";
import { check, until } from "./case.ts";
import type { Ticket } from "./scripted-node.ts";
import { ScriptedNode } from "./scripted-node.ts";

const text = (value: string): Uint8Array => Uint8Array.from(value, (char) => char.charCodeAt(0));
const allDone = (tickets: readonly Ticket[]) => (): boolean => tickets.every((ticket) => ticket.isDone);

function checkError(ticket: Ticket, code: EffectErrorCode): void {
  check(ticket.error?.code === code, `the effect failed with ${code}`, { completion: ticket.completion });
}

/** Every disk effect, its completion, and the failures that need no injected fault. */
export const diskCases: readonly ConformanceCase[] = [
  {
    name: "an append makes the file, and a read gives back its bytes",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      const append = node.append("a.log", 0, text("metamorphosis"));
      yield until("the append is done", () => append.isDone);
      append.as("appended");
      const read = node.read("a.log", 4, 5);
      yield until("the read is done", () => read.isDone);
      const { bytes } = read.as("read");
      check(equalBytes(bytes, text("morph")), "the bytes are those that were written");
      check(bytes.constructor === Uint8Array, "bytes are plain: their slice is a copy");
    },
  },
  {
    name: "log directories are apart: the same name in two of them is two files",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      const appends = [node.append("a.log", 0, text("first")), node.append("@1/a.log", 0, text("second"))];
      yield until("both appends are done", allDone(appends));
      for (const append of appends) append.as("appended");
      const reads = [node.read("a.log", 0, 5), node.read("@1/a.log", 0, 6)];
      yield until("both reads are done", allDone(reads));
      const [first, second] = reads.map((read) => read.as("read").bytes);
      check(first !== undefined && equalBytes(first, text("first")), "the first directory has its own file");
      check(second !== undefined && equalBytes(second, text("second")), "the second directory has its own file");
      const lists = [node.ask({ type: "list", path: "" }), node.ask({ type: "list", path: "@1" })];
      yield until("both lists are done", allDone(lists));
      for (const list of lists)
        check(
          list
            .as("listed")
            .entries.map(({ name }) => name)
            .join() === "a.log",
          "each directory lists its own",
        );
    },
  },
  {
    name: "a read of nothing gives nothing",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      const append = node.append("a.log", 0, text("x"));
      yield until("the append is done", () => append.isDone);
      const read = node.read("a.log", 1, 0);
      yield until("the read is done", () => read.isDone);
      check(read.as("read").bytes.length === 0, "no bytes");
    },
  },
  {
    name: "an append of many buffers, some of them empty, writes them all in order",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      const prng = new Prng(1);
      const buffers = Array.from({ length: 3_000 }, (_, index) => prng.bytes(index % 7));
      const append = node.append("many.log", 0, ...buffers);
      yield until("the append is done", () => append.isDone);
      const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
      const read = node.read("many.log", 0, length);
      yield until("the read is done", () => read.isDone);
      check(equalBytes(read.as("read").bytes, Uint8Array.from(buffers.flatMap((buffer) => [...buffer]))), "the file is the concatenation");
    },
  },
  {
    name: "a read beyond the end fails with ESHORT, one of no file with ENOENT",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      const append = node.append("a.log", 0, text("12345"));
      yield until("the append is done", () => append.isDone);
      const tickets = [node.read("a.log", 3, 3), node.read("a.log", 9, 1), node.read("none.log", 0, 1)] as const;
      yield until("the reads are done", allDone(tickets));
      checkError(tickets[0], "ESHORT");
      checkError(tickets[1], "ESHORT");
      checkError(tickets[2], "ENOENT");
    },
  },
  {
    name: "a sync, a truncation, a rename, a deletion or a listing of what is not there fails with ENOENT",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      const tickets = [
        node.ask({ type: "sync", path: "none-1" }),
        node.ask({ type: "truncate", path: "none-2", length: 0, generation: 1 }),
        node.ask({ type: "rename", from: "none-3", to: "other" }),
        node.ask({ type: "delete", path: "none-4" }),
        node.ask({ type: "list", path: "none-5" }),
        node.append("none-6/a.log", 0, text("x")),
      ];
      yield until("all are done", allDone(tickets));
      for (const ticket of tickets) checkError(ticket, "ENOENT");
    },
  },
  {
    name: "a file and its directory can be synced",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      const made = node.ask({ type: "make-directory", path: "topic-0" });
      yield until("the directory is made", () => made.isDone);
      made.as("directory-made");
      const tickets = [
        node.append("topic-0/a.log", 0, text("x")),
        node.ask({ type: "sync", path: "topic-0/a.log" }),
        node.ask({ type: "sync-directory", path: "topic-0" }),
      ] as const;
      yield until("all are done", allDone(tickets));
      tickets[0].as("appended");
      tickets[1].as("synced");
      tickets[2].as("synced");
    },
  },
  {
    name: "a directory is made with its parents, and making it again is no error",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      const first = node.ask({ type: "make-directory", path: "a/b/c" });
      yield until("it is made", () => first.isDone);
      first.as("directory-made");
      const again = node.ask({ type: "make-directory", path: "a/b/c" });
      yield until("it is made again", () => again.isDone);
      again.as("directory-made");
    },
  },
  {
    name: "a listing is sorted by name and tells sizes and directories",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      const made = node.ask({ type: "make-directory", path: "data/sub" });
      yield until("the directories are made", () => made.isDone);
      const appends = ["data/b", "data/a", "data/B", "data/10", "data/9"].map((path, index) => node.append(path, 0, new Uint8Array(index)));
      yield until("the files are there", allDone(appends));
      const list = node.ask({ type: "list", path: "data" });
      yield until("the listing is done", () => list.isDone);
      const entries = list.as("listed").entries.map((entry) => `${entry.name}:${entry.isDirectory ? "dir" : entry.size}`);
      check(entries.join() === "10:3,9:4,B:2,a:1,b:0,sub:dir", "the listing is as expected", { entries });
    },
  },
  {
    name: "a volume has a size, and no more is free than that",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      const made = node.ask({ type: "make-directory", path: "data" });
      yield until("the directory is made", () => made.isDone);
      const asked = ["data", "."].map((path) => node.ask({ type: "stat-volume", path }));
      yield until("the sizes are there", allDone(asked));
      for (const one of asked) {
        const { totalBytes, usableBytes } = one.as("volume-stated").size;
        check(totalBytes > 0 && usableBytes >= 0 && usableBytes <= totalBytes, "the sizes are as expected", { totalBytes, usableBytes });
      }
    },
  },
  {
    name: "a truncated file is shorter, and grows again from there",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      const tickets = [
        node.append("a.log", 0, text("0123456789")),
        node.ask({ type: "truncate", path: "a.log", length: 4, generation: 1 }),
        node.append("a.log", 4, text("abc")),
      ] as const;
      yield until("all are done", allDone(tickets));
      tickets[1].as("truncated");
      const [read, beyond] = [node.read("a.log", 0, 7, 1), node.read("a.log", 0, 8, 1)];
      yield until("the reads are done", allDone([read, beyond]));
      check(equalBytes(read.as("read").bytes, text("0123abc")), "the new end follows the old start");
      checkError(beyond, "ESHORT");
    },
  },
  {
    name: "a renamed file is found under its new name only, and replaces what was there",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      const appends = [node.append("new", 0, text("old content, longer")), node.append("draft", 0, text("fresh"))];
      yield until("both files are there", allDone(appends));
      // Both are read first: a world must not go on reading what it opened under the old name.
      const before = [node.read("new", 0, 3), node.read("draft", 0, 5)];
      yield until("both are read", allDone(before));
      const rename = node.ask({ type: "rename", from: "draft", to: "new" });
      yield until("the rename is done", () => rename.isDone);
      rename.as("renamed");
      const [kept, beyond, gone] = [node.read("new", 0, 5), node.read("new", 0, 6), node.read("draft", 0, 1)];
      yield until("the reads are done", allDone([kept, beyond, gone]));
      check(equalBytes(kept.as("read").bytes, text("fresh")), "the new name has the content");
      checkError(beyond, "ESHORT");
      checkError(gone, "ENOENT");
    },
  },
  {
    name: "a deleted file is gone, and one of its name starts empty",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      const tickets = [
        node.append("a.log", 0, text("old, long content")),
        node.ask({ type: "delete", path: "a.log" }),
        node.append("a.log", 0, text("new")),
      ] as const;
      yield until("all are done", allDone(tickets));
      tickets[1].as("deleted");
      const [read, beyond] = [node.read("a.log", 0, 3, 1), node.read("a.log", 0, 4, 1)];
      yield until("the reads are done", allDone([read, beyond]));
      check(equalBytes(read.as("read").bytes, text("new")), "the new file has the new content");
      checkError(beyond, "ESHORT");
    },
  },
];
