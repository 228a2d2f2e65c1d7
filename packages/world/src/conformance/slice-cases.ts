import { concatBytes, equalBytes, Prng } from "@samsa/stdx";
import type { Slice } from "../effect.ts";
import { LARGE_SLICE_READ_BYTES } from "../send-queue.ts";
import type { ConformanceCase, ConformanceWorld, Wait } from "./case.ts";
import { check, pass, until } from "./case.ts";
import type { Pair } from "./pair.ts";
import { connectPair } from "./pair.ts";
import { WatchedDisk } from "./watched-disk.ts";

const CHUNK = new Prng(5).bytes(1024 * 1024);
/** Far more than a world keeps under way for a reader that does not read. */
const MANY_CHUNKS = 32;
const MANY_BYTES = MANY_CHUNKS * CHUNK.length;
const FEW_CHUNKS = 3;
const FEW_BYTES = FEW_CHUNKS * CHUNK.length;
const PATH = "segment.log";

const sliceOf = (position: number, length: number, generation = 0): Slice => ({ path: PATH, position, length, generation });

/** A connected pair whose dialler has a file and a watched disk. */
function* withFile(world: ConformanceWorld, chunks = FEW_CHUNKS): Generator<Wait, Pair & { disk: WatchedDisk }, void> {
  const disk = new WatchedDisk();
  const pair = yield* connectPair(world, "stream", (ports) => disk.decorate(ports));
  for (let i = 0; i < chunks; i++) {
    const append = pair.dialler.node.append(PATH, i * CHUNK.length, CHUNK);
    yield until("the file grows", () => append.isDone);
    append.as("appended");
  }
  return { ...pair, disk };
}

const closedInTheMiddle = (where: "here" | "there"): ConformanceCase => ({
  name: `a connection that is closed ${where} in the middle of a slice reads no more and says no more`,
  *run(world) {
    const { dialler, acceptor, disk } = yield* withFile(world);
    let reads = 0;
    disk.holds = (operation) => operation === "read" && ++reads > 1;
    dialler.node.send(dialler.connection, sliceOf(0, FEW_BYTES), Uint8Array.of(1));
    yield until("the second read is under way", () => disk.heldCount === 1);
    const end = where === "here" ? dialler : acceptor;
    end.node.close(end.connection, "reset");
    yield until("it is closed", () => dialler.log.isClosed);
    disk.letGo();
    const { reads: readsBefore } = disk;
    yield pass(world, 50);
    check(disk.reads === readsBefore, "nothing more is read", { before: readsBefore, after: disk.reads });
    dialler.node.checkConnections();
  },
});

/** Slices: parts of files that a message is made of. */
export const sliceCases: readonly ConformanceCase[] = [
  {
    name: "slices and bytes of messages arrive in order",
    *run(world) {
      const { dialler, acceptor } = yield* withFile(world);
      const [head, tail, last] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4), Uint8Array.of(5)];
      dialler.node.send(dialler.connection, head, sliceOf(10, 700_000), tail, sliceOf(5, 0), sliceOf(0, 1));
      dialler.node.send(dialler.connection, sliceOf(100, 300_000));
      dialler.node.send(dialler.connection, last);
      const expected = concatBytes([head, CHUNK.subarray(10, 700_010), tail, CHUNK.subarray(0, 1), CHUNK.subarray(100, 300_100), last]);
      yield until("all has arrived", () => acceptor.log.receivedBytes >= expected.length);
      check(equalBytes(acceptor.log.bytes, expected), "it is what was sent");
    },
  },
  {
    name: "a large slice is read piece by piece, and not at all while the reader does not read",
    *run(world) {
      const { dialler, acceptor, disk } = yield* withFile(world, MANY_CHUNKS);
      acceptor.node.setReading(acceptor.connection, false);
      yield pass(world, 10);
      dialler.node.send(dialler.connection, sliceOf(0, MANY_BYTES));
      // Until it reads no more: the world's own buffers are full.
      for (let before = -1; before !== disk.readBytes;) {
        before = disk.readBytes;
        yield pass(world, 50);
      }
      check(disk.readBytes < MANY_BYTES / 2, "memory is bounded", { read: disk.readBytes });
      check(dialler.log.blocked === 1 && dialler.log.drained === 0, "the sender is told so");
      acceptor.node.setReading(acceptor.connection, true);
      yield until("all has arrived", () => acceptor.log.receivedBytes === MANY_BYTES);
      yield until("the sender is told so", () => dialler.log.drained === 1);
      check(disk.readBytesMax <= LARGE_SLICE_READ_BYTES && disk.readsUnderWayMax === 1, "one piece at a time", {
        bytes: disk.readBytesMax,
        reads: disk.readsUnderWayMax,
      });
      check(equalBytes(acceptor.log.bytes.subarray(-CHUNK.length), CHUNK), "the end is right");
    },
  },
  {
    name: 'a slice that is stale before it is sent closes the connection with "stale"',
    *run(world) {
      const { dialler, acceptor } = yield* withFile(world);
      const truncation = dialler.node.ask({ type: "truncate", path: PATH, length: 1_000, generation: 1 });
      dialler.node.send(dialler.connection, Uint8Array.of(1), sliceOf(0, 10), Uint8Array.of(2));
      yield until("both are closed", () => dialler.log.isClosed && acceptor.log.isClosed && truncation.isDone);
      check(dialler.log.closed[0] === "stale" && acceptor.log.closed[0] === "reset", "the sender knows why", { closed: dialler.log.closed.join() });
      check(acceptor.log.receivedBytes <= 1, "nothing of the slice or behind it has left", { received: acceptor.log.receivedBytes });
      dialler.node.checkConnections();
    },
  },
  {
    name: "a slice that becomes stale in the middle closes the connection, and no byte of the new file leaves",
    *run(world) {
      const { dialler, acceptor, disk } = yield* withFile(world);
      let reads = 0;
      disk.holds = (operation) => operation === "read" && ++reads > 2;
      dialler.node.send(dialler.connection, sliceOf(0, FEW_BYTES));
      yield until("the third read is under way", () => disk.heldCount === 1);
      const truncation = dialler.node.ask({ type: "truncate", path: PATH, length: 0, generation: 1 });
      const rewritten = dialler.node.append(PATH, 0, new Uint8Array(CHUNK.length));
      yield until("the file is another", () => truncation.isDone && rewritten.isDone);
      disk.letGo();
      yield until("both are closed", () => dialler.log.isClosed && acceptor.log.isClosed);
      check(dialler.log.closed[0] === "stale" && acceptor.log.closed[0] === "reset", "the sender knows why", { closed: dialler.log.closed.join() });
      const file = concatBytes(Array.from({ length: FEW_CHUNKS }, () => CHUNK));
      check(equalBytes(acceptor.log.bytes, file.subarray(0, acceptor.log.receivedBytes)), "what arrived is of the old file");
      dialler.node.checkConnections();
    },
  },
  {
    name: "a slice of a file that moves away is sent to its end, and no byte of the file that takes the name",
    *run(world) {
      const { dialler, acceptor, disk } = yield* withFile(world);
      let reads = 0;
      disk.holds = (operation) => operation === "read" && ++reads > 1;
      dialler.node.send(dialler.connection, sliceOf(0, FEW_BYTES));
      yield until("the second read is under way", () => disk.heldCount === 1);
      const moved = dialler.node.ask({ type: "rename", from: PATH, to: "segment.log.deleted", generation: 1 });
      yield until("the file has moved", () => moved.isDone);
      const rewritten = dialler.node.append(PATH, 0, new Uint8Array(CHUNK.length));
      yield until("its name is another's", () => rewritten.isDone);
      disk.holds = () => false;
      disk.letGo();
      yield until("all has arrived", () => acceptor.log.receivedBytes === FEW_BYTES || dialler.log.isClosed);
      const file = concatBytes(Array.from({ length: FEW_CHUNKS }, () => CHUNK));
      check(equalBytes(acceptor.log.bytes, file), "it is the old file", { received: acceptor.log.receivedBytes });
      dialler.node.send(dialler.connection, sliceOf(0, 10, 1), sliceOf(10, 10));
      yield until("more has arrived", () => acceptor.log.receivedBytes === FEW_BYTES + 20 || dialler.log.isClosed);
      const more = concatBytes([new Uint8Array(10), CHUNK.subarray(10, 20)]);
      check(equalBytes(acceptor.log.bytes.subarray(FEW_BYTES), more), "each slice is of its own file");
    },
  },
  {
    name: "a slice of a file that is on its way to another name waits until it is there",
    *run(world) {
      const { dialler, acceptor, disk } = yield* withFile(world);
      disk.holds = (operation) => operation === "rename";
      const moved = dialler.node.ask({ type: "rename", from: PATH, to: "segment.log.deleted", generation: 1 });
      yield until("the disk has done it", () => disk.heldCount === 1);
      dialler.node.send(dialler.connection, sliceOf(0, 10));
      yield pass(world, 20);
      check(acceptor.log.receivedBytes === 0 && !dialler.log.isClosed, "nothing is known of where it is");
      disk.letGo();
      yield until("it has arrived", () => acceptor.log.receivedBytes === 10 || dialler.log.isClosed);
      check(moved.isDone && equalBytes(acceptor.log.bytes, CHUNK.subarray(0, 10)), "it is what was sent");
    },
  },
  {
    name: 'a slice of a file that was moved away, and deleted or replaced there, closes the connection with "stale"',
    *run(world) {
      const { dialler, acceptor } = yield* withFile(world);
      const to = "segment.log.deleted";
      const first = dialler.node.ask({ type: "rename", from: PATH, to, generation: 1 });
      const append = dialler.node.append(PATH, 0, new Uint8Array(100));
      const second = dialler.node.ask({ type: "rename", from: PATH, to, generation: 2 });
      yield until("the first has been replaced", () => first.isDone && append.isDone && second.isDone);
      dialler.node.send(dialler.connection, sliceOf(0, 10, 1));
      yield until("the second is there", () => acceptor.log.receivedBytes === 10);
      dialler.node.send(dialler.connection, sliceOf(0, 10));
      yield until("both are closed", () => dialler.log.isClosed && acceptor.log.isClosed);
      check(dialler.log.closed[0] === "stale" && acceptor.log.receivedBytes === 10, "nothing of another file has left");
    },
  },
  {
    name: 'a slice of a file that is not there, or too short, closes the connection with "stale"',
    *run(world) {
      const { dialler, acceptor } = yield* withFile(world);
      dialler.node.send(dialler.connection, sliceOf(FEW_BYTES - 10, 11));
      yield until("both are closed", () => dialler.log.isClosed && acceptor.log.isClosed);
      check(dialler.log.closed[0] === "stale" && acceptor.log.receivedBytes === 0, "nothing has left");
    },
  },
  closedInTheMiddle("here"),
  closedInTheMiddle("there"),
];
