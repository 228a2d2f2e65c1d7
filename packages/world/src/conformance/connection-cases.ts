import { equalBytes, Prng } from "@samsa/stdx";
import type { ConformanceCase, TransportCase } from "./case.ts";
import { check, overEachTransport, pass, until } from "./case.ts";
import { connectPair, dial, listen } from "./pair.ts";
import { ScriptedNode } from "./scripted-node.ts";

/** No process listens there: the world hands out ports above 1023 only. */
const DEAD_PORT = 1;
const BIG_BYTES = 5 * 1024 * 1024;

/** Listening, dialling, sending and closing, over one transport. */
const transportCases: readonly TransportCase[] = [
  {
    name: "a dial where no process listens is refused",
    *run(world, transport) {
      const node = new ScriptedNode(world.nodes[0].ports);
      const dialled = node.ask({ type: "dial", transport, host: world.nodes[1].host, port: DEAD_PORT });
      yield until("the dial is done", () => dialled.isDone);
      check(dialled.error?.code === "ECONNREFUSED", "it is refused", { completion: dialled.completion });
    },
  },
  {
    name: "a port that is taken can't be listened on",
    *run({ nodes: [{ ports, host }] }, transport) {
      const node = new ScriptedNode(ports);
      const port = yield* listen(node, transport, host);
      check(port > 0, "the world tells the port it chose", { port });
      const again = node.ask({ type: "listen", listener: "AGAIN", transport, host, port });
      yield until("the second listen is done", () => again.isDone);
      check(again.error?.code === "EADDRINUSE", "the port is taken", { completion: again.completion });
    },
  },
  {
    name: "both sides know the listener or the dial that a connection comes from",
    *run(world, transport) {
      const { dialler, acceptor } = yield* connectPair(world, transport);
      const accepted = acceptor.node.inputs.find((input) => input.type === "accepted");
      check(accepted?.type === "accepted" && accepted.listener === "TEST" && accepted.remote.includes(":"), "the acceptor knows listener and remote", {
        accepted,
      });
      check(!dialler.log.isClosed && !acceptor.log.isClosed, "it is open");
    },
  },
  {
    name: "what is sent arrives, both ways at the same time",
    *run(world, transport) {
      const { dialler, acceptor } = yield* connectPair(world, transport);
      const there = Uint8Array.of(1, 2, 3);
      const back = Uint8Array.of(4, 5);
      dialler.node.send(dialler.connection, there);
      acceptor.node.send(acceptor.connection, back);
      yield until("both have arrived", () => dialler.log.receivedBytes === 2 && acceptor.log.receivedBytes === 3);
      check(equalBytes(acceptor.log.bytes, there) && equalBytes(dialler.log.bytes, back), "the bytes are those that were sent");
      check(dialler.log.chunks[0]?.constructor === Uint8Array, "bytes are plain: their slice is a copy");
    },
  },
  {
    name: "large transfers in random pieces, both ways, are equal byte for byte",
    *run(world, transport) {
      const { dialler, acceptor } = yield* connectPair(world, transport);
      const prng = new Prng(7);
      const sent = [dialler, acceptor].map((end) => {
        const bytes = prng.bytes(BIG_BYTES);
        for (let at = 0; at < bytes.length;) {
          const cuts = Array.from({ length: prng.between(1, 4) }, () => prng.between(0, 60_000));
          const parts = cuts.map((length) => bytes.subarray(at, (at = Math.min(bytes.length, at + length))));
          end.node.send(end.connection, ...parts);
        }
        return bytes;
      });
      yield until("all has arrived", () => dialler.log.receivedBytes >= BIG_BYTES && acceptor.log.receivedBytes >= BIG_BYTES);
      check(equalBytes(acceptor.log.bytes, sent[0] ?? new Uint8Array()), "there it is equal");
      check(equalBytes(dialler.log.bytes, sent[1] ?? new Uint8Array()), "here it is equal");
    },
  },
  {
    name: 'an end delivers all that was sent, then closes both sides with "end"',
    *run(world, transport) {
      const { dialler, acceptor } = yield* connectPair(world, transport);
      const pieces = Array.from({ length: 16 }, (_, index) => new Uint8Array(BIG_BYTES / 16).fill(index));
      for (const piece of pieces) dialler.node.send(dialler.connection, piece);
      dialler.node.close(dialler.connection, "end");
      yield until("both are closed", () => dialler.log.isClosed && acceptor.log.isClosed);
      check(acceptor.log.receivedBytes === BIG_BYTES, "all has arrived", { received: acceptor.log.receivedBytes });
      check(acceptor.log.closed[0] === "end" && dialler.log.closed[0] === "end", "both see an end", {
        acceptor: acceptor.log.closed.join(),
        dialler: dialler.log.closed.join(),
      });
      yield pass(world, 20);
      dialler.node.checkConnections();
      acceptor.node.checkConnections();
    },
  },
  {
    name: "an end from the acceptor reaches the dialler",
    *run(world, transport) {
      const { dialler, acceptor } = yield* connectPair(world, transport);
      acceptor.node.send(acceptor.connection, Uint8Array.of(1, 2, 3));
      acceptor.node.close(acceptor.connection, "end");
      yield until("both are closed", () => dialler.log.isClosed && acceptor.log.isClosed);
      check(equalBytes(dialler.log.bytes, Uint8Array.of(1, 2, 3)), "what was sent before has arrived");
      check(dialler.log.closed[0] === "end" && acceptor.log.closed[0] === "end", "both see an end");
    },
  },
  {
    name: "a reset closes both sides, this one at once, and nothing comes after",
    *run(world, transport) {
      const { dialler, acceptor } = yield* connectPair(world, transport);
      for (let i = 0; i < 50; i++) acceptor.node.send(acceptor.connection, new Uint8Array(10_000));
      yield until("something has arrived", () => dialler.log.receivedBytes > 0);
      dialler.node.close(dialler.connection, "reset");
      dialler.node.send(dialler.connection, Uint8Array.of(1));
      yield until("both are closed", () => dialler.log.isClosed && acceptor.log.isClosed);
      check(dialler.log.closed[0] === "reset" && acceptor.log.closed[0] === "reset", "both see a reset", { acceptor: acceptor.log.closed.join() });
      yield pass(world, 20);
      dialler.node.checkConnections();
      acceptor.node.checkConnections();
    },
  },
  {
    name: "closing twice, and using what is closed, does nothing",
    *run(world, transport) {
      const { dialler, acceptor } = yield* connectPair(world, transport);
      dialler.node.close(dialler.connection, "end");
      dialler.node.close(dialler.connection, "end");
      dialler.node.send(dialler.connection, Uint8Array.of(1));
      yield until("both are closed", () => dialler.log.isClosed && acceptor.log.isClosed);
      check(acceptor.log.receivedBytes === 0, "what is sent after an end is dropped", { received: acceptor.log.receivedBytes });
      for (const end of [dialler, acceptor]) {
        end.node.send(end.connection, Uint8Array.of(1));
        end.node.setReading(end.connection, false);
        end.node.setReading(end.connection, true);
        end.node.close(end.connection, "reset");
        end.node.close(end.connection, "end");
      }
      yield pass(world, 20);
      dialler.node.checkConnections();
      acceptor.node.checkConnections();
    },
  },
  {
    name: "ids of connections are not used again",
    *run(world, transport) {
      const [here, there] = world.nodes;
      const nodes = { dialler: new ScriptedNode(here.ports), acceptor: new ScriptedNode(there.ports) };
      const port = yield* listen(nodes.acceptor, transport, there.host);
      const ids = new Set<number>();
      for (let i = 0; i < 5; i++) {
        const { dialled } = yield* dial(nodes, { transport, host: there.host, port });
        ids.add(dialled);
        nodes.dialler.close(dialled, "reset");
        yield until("it is closed", () => nodes.dialler.log(dialled).isClosed);
      }
      check(ids.size === 5, "each has an id of its own");
    },
  },
];

const messageCases: readonly ConformanceCase[] = [
  {
    name: "message: one send is one message, whatever its size and its parts",
    *run(world) {
      const { dialler, acceptor } = yield* connectPair(world, "message");
      const sizes = [1, 0, 125, 126, 65_535, 65_536, 1_000_000, 0, 7];
      const prng = new Prng(3);
      const messages = sizes.map((size) => prng.bytes(size));
      for (const message of messages) {
        const middle = Math.floor(message.length / 3);
        dialler.node.send(dialler.connection, message.subarray(0, middle), message.subarray(middle));
      }
      yield until("all have arrived", () => acceptor.log.chunks.length >= sizes.length);
      check(
        acceptor.log.chunks.every((chunk, index) => equalBytes(chunk, messages[index] ?? new Uint8Array())),
        "each is as it was sent",
        { sizes: acceptor.log.chunks.map((chunk) => chunk.length) },
      );
    },
  },
  {
    name: "message: a slice within a message does not cut it",
    *run(world) {
      const { dialler, acceptor } = yield* connectPair(world, "message");
      const content = new Prng(4).bytes(600_000);
      const append = dialler.node.append("snapshot", 0, content);
      yield until("the file is there", () => append.isDone);
      const slice = { path: "snapshot", position: 1_000, length: 590_000, generation: 0 };
      dialler.node.send(dialler.connection, Uint8Array.of(1, 2), slice, Uint8Array.of(3));
      dialler.node.send(dialler.connection, Uint8Array.of(4));
      yield until("both have arrived", () => acceptor.log.chunks.length >= 2);
      const [first, second] = acceptor.log.chunks;
      check(first?.length === 590_003 && second?.length === 1, "they are two messages", { sizes: acceptor.log.chunks.map((chunk) => chunk.length) });
      check(equalBytes(first.subarray(2, -1), content.subarray(1_000, 591_000)), "the slice is within it");
    },
  },
];

export const connectionCases: readonly ConformanceCase[] = [...overEachTransport(transportCases), ...messageCases];
