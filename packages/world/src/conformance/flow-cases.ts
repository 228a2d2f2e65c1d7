import type { ConformanceCase, TransportCase } from "./case.ts";
import { check, overEachTransport, pass, until } from "./case.ts";
import { STRANGER_BYTES_MAX } from "../ports.ts";
import { connectPair, dialAsStranger, listen } from "./pair.ts";
import { ScriptedNode } from "./scripted-node.ts";

const PIECE_BYTES = 1024 * 1024;
/** More than any world keeps under way for a reader that does not read. */
const PIECES_MAX = 64;

/** Back-pressure: who sends is told to wait, who reads may stop. */
const transportCases: readonly TransportCase[] = [
  {
    name: "nothing is received while reading is off, all of it after",
    *run(world, transport) {
      const { dialler, acceptor } = yield* connectPair(world, transport);
      acceptor.node.setReading(acceptor.connection, false);
      yield pass(world, 10);
      for (let i = 0; i < 10; i++) dialler.node.send(dialler.connection, Uint8Array.of(i));
      yield pass(world, 50);
      check(acceptor.log.receivedBytes === 0, "nothing is received", { received: acceptor.log.receivedBytes });
      acceptor.node.setReading(acceptor.connection, true);
      yield until("all is received", () => acceptor.log.receivedBytes === 10);
      check(acceptor.log.bytes.join() === "0,1,2,3,4,5,6,7,8,9", "in order");
    },
  },
  {
    name: "an end is received after reading is on again, behind the bytes",
    *run(world, transport) {
      const { dialler, acceptor } = yield* connectPair(world, transport);
      acceptor.node.setReading(acceptor.connection, false);
      yield pass(world, 10);
      for (let i = 0; i < 10; i++) dialler.node.send(dialler.connection, new Uint8Array(1_000));
      dialler.node.close(dialler.connection, "end");
      yield pass(world, 50);
      check(acceptor.log.chunks.length === 0 && !acceptor.log.isClosed, "neither bytes nor the end are received");
      acceptor.node.setReading(acceptor.connection, true);
      yield until("the end is received", () => acceptor.log.isClosed);
      check(acceptor.log.bytes.length === 10_000 && acceptor.log.closed[0] === "end", "the bytes came before it", { received: acceptor.log.receivedBytes });
    },
  },
  {
    name: "a sender is blocked by a reader that does not read, and drained when it does",
    *run(world, transport) {
      const { dialler, acceptor } = yield* connectPair(world, transport);
      acceptor.node.setReading(acceptor.connection, false);
      yield pass(world, 10);
      let sent = 0;
      // A sender that was blocked only for a moment goes on.
      while (sent < PIECES_MAX && dialler.log.blocked === dialler.log.drained) {
        dialler.node.send(dialler.connection, new Uint8Array(PIECE_BYTES).fill(sent));
        sent++;
        yield pass(world, 20);
      }
      check(sent < PIECES_MAX, "the sender is told to wait before it has sent without measure", { sent });
      acceptor.node.setReading(acceptor.connection, true);
      yield until("all arrives", () => acceptor.log.receivedBytes === sent * PIECE_BYTES);
      yield until("the sender is told that it has left", () => dialler.log.blocked === dialler.log.drained);
    },
  },
  {
    name: "blocked and drained take turns",
    *run(world, transport) {
      const { dialler, acceptor } = yield* connectPair(world, transport);
      for (let round = 1; round <= 5; round++) {
        for (let i = 0; i < 4; i++) dialler.node.send(dialler.connection, new Uint8Array(PIECE_BYTES));
        yield until("it arrives", () => acceptor.log.receivedBytes === round * 4 * PIECE_BYTES);
        yield until("it has left", () => dialler.log.blocked === dialler.log.drained);
      }
      const turns = dialler.node.inputs.filter((input) => input.type === "blocked" || input.type === "drained").map((input) => input.type);
      check(
        turns.every((type, index) => type === (index % 2 === 0 ? "blocked" : "drained")),
        "one follows the other",
        { turns },
      );
    },
  },
];

/** What a world may read of a stranger beyond the bound: one read of a socket, and what was under way in it. */
const SLACK_BYTES = 4 * 64 * 1024;

const strangerCase: ConformanceCase = {
  name: "a stranger's messages are read no further than a greeting, and all of them when it is admitted",
  *run(world) {
    const [here, there] = world.nodes;
    const [dialler, acceptor] = [new ScriptedNode(here.ports), new ScriptedNode(there.ports)];
    const port = yield* listen(acceptor, "message", there.host);
    const { dialled, accepted } = yield* dialAsStranger({ dialler, acceptor }, { transport: "message", host: there.host, port });
    const log = acceptor.log(accepted);
    dialler.send(dialled, new Uint8Array(STRANGER_BYTES_MAX / 2));
    yield until("a greeting is received", () => log.receivedBytes === STRANGER_BYTES_MAX / 2);
    for (let i = 0; i < PIECES_MAX; i++) dialler.send(dialled, new Uint8Array(PIECE_BYTES / 64).fill(i));
    yield pass(world, 100);
    check(log.receivedBytes <= STRANGER_BYTES_MAX + SLACK_BYTES, "the rest is not read", { received: log.receivedBytes });
    acceptor.admit(accepted);
    yield until("all is received", () => log.receivedBytes === STRANGER_BYTES_MAX / 2 + (PIECES_MAX * PIECE_BYTES) / 64);
  },
};

export const flowCases: readonly ConformanceCase[] = [...overEachTransport(transportCases), strangerCase];
