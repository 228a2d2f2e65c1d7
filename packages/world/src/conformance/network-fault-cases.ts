import { Prng } from "@samsa/stdx";
import { CUT_DIAL_TIMEOUT_MS, FaultControl } from "../faults/fault-control.ts";
import type { StashClassifier } from "../faults/fault-control.ts";
import { faultyWorld } from "../faults/faulty-world.ts";
import type { ConformanceCase, ConformanceWorld, Wait } from "./case.ts";
import { check, pass, until } from "./case.ts";
import type { Pair } from "./pair.ts";
import { connectPair, dial } from "./pair.ts";

interface FaultyPair extends Pair {
  readonly control: FaultControl;
  readonly endpoint: { readonly transport: "stream"; readonly host: string; readonly port: number };
}

/** Messages are told apart by their first byte. */
const PRODUCE = 80;
const classify: StashClassifier = (bytes, { direction }) => (bytes[0] === PRODUCE && direction === "outgoing" ? "produce-request" : undefined);

/** A pair whose dialler's ports are decorated. */
function* faultyPair(world: ConformanceWorld, cutDialTimeoutMs = CUT_DIAL_TIMEOUT_MS): Generator<Wait, FaultyPair, void> {
  const control = new FaultControl({ timer: world, prng: new Prng(1), fired: () => {}, classify, cutDialTimeoutMs });
  const pair = yield* connectPair(world, "stream", (ports) => faultyWorld(ports, control));
  const listening = pair.acceptor.node.inputs.find((input) => input.type === "listening");
  check(listening?.type === "listening", "the acceptor listens");
  return { ...pair, control, endpoint: { transport: "stream", host: world.nodes[1].host, port: listening.port } };
}

const nameOf = ({ host, port }: { host: string; port: number }): string => `${host}:${port}`;

/** Injected faults of the network, over the decorators. */
export const networkFaultCases: readonly ConformanceCase[] = [
  {
    name: "a partition stops bytes both ways, closes nothing, and lets them through when it heals",
    *run(world) {
      const { dialler, acceptor, control, endpoint } = yield* faultyPair(world);
      control.inject({ type: "partition", endpoints: [nameOf(endpoint)], stopsOutgoing: true, stopsIncoming: true, forMs: 60_000 });
      dialler.node.send(dialler.connection, Uint8Array.of(1));
      acceptor.node.send(acceptor.connection, Uint8Array.of(2));
      acceptor.node.close(acceptor.connection, "end");
      yield pass(world, 50);
      check(dialler.log.receivedBytes === 0 && acceptor.log.receivedBytes === 0, "nothing arrives");
      check(!dialler.log.isClosed, "not even the end");
      control.healAll();
      yield until("all arrives", () => dialler.log.receivedBytes === 1 && dialler.log.isClosed);
      dialler.node.checkConnections();
    },
  },
  {
    name: "a partition one way stops bytes that way only",
    *run(world) {
      const { dialler, acceptor, control, endpoint } = yield* faultyPair(world);
      control.inject({ type: "partition", endpoints: [nameOf(endpoint)], stopsOutgoing: false, stopsIncoming: true, forMs: 60_000 });
      dialler.node.send(dialler.connection, Uint8Array.of(1));
      acceptor.node.send(acceptor.connection, Uint8Array.of(2));
      yield until("the open way carries", () => acceptor.log.receivedBytes === 1);
      yield pass(world, 50);
      check(dialler.log.receivedBytes === 0, "the other does not");
      control.healAll();
      yield until("the other carries again", () => dialler.log.receivedBytes === 1);
    },
  },
  {
    name: "a sender into a partition is blocked before it has sent without measure",
    *run(world) {
      const { dialler, acceptor, control, endpoint } = yield* faultyPair(world);
      control.inject({ type: "partition", endpoints: [nameOf(endpoint)], stopsOutgoing: true, stopsIncoming: true, forMs: 60_000 });
      for (let i = 0; i < 8; i++) dialler.node.send(dialler.connection, new Uint8Array(100_000));
      yield until("it is blocked", () => dialler.log.blocked === 1);
      control.healAll();
      yield until("all arrives", () => acceptor.log.receivedBytes === 800_000);
      yield until("it is drained", () => dialler.log.drained === 1);
    },
  },
  {
    name: "a dial into a partition is not refused: it times out, even to a dead port",
    *run(world) {
      const { dialler, control, endpoint } = yield* faultyPair(world, 200);
      const dead = { transport: "stream", host: endpoint.host, port: 1 } as const;
      control.inject({ type: "partition", endpoints: [nameOf(endpoint), nameOf(dead)], stopsOutgoing: false, stopsIncoming: true, forMs: 60_000 });
      const silent = dialler.node.ask({ type: "dial", ...dead });
      yield until("the dial times out", () => silent.isDone);
      check(silent.error?.code === "ETIMEDOUT", "it is not refused", { error: silent.error });
    },
  },
  {
    name: "a dial into a partition succeeds after a heal",
    *run(world) {
      const { dialler, acceptor, control, endpoint } = yield* faultyPair(world);
      control.inject({ type: "partition", endpoints: [nameOf(endpoint)], stopsOutgoing: false, stopsIncoming: true, forMs: 60_000 });
      const before = acceptor.node.accepted.length;
      const late = dialler.node.ask({ type: "dial", ...endpoint });
      yield pass(world, 50);
      check(!late.isDone && acceptor.node.accepted.length === before, "no connection comes to be");
      control.healAll();
      yield until("it comes to be after the heal", () => late.isDone);
      late.as("dialled");
    },
  },
  {
    name: "a reset of a partitioned connection is not seen by the other side before the heal",
    *run(world) {
      const { dialler, acceptor, control, endpoint } = yield* faultyPair(world);
      control.inject({ type: "partition", endpoints: [nameOf(endpoint)], stopsOutgoing: true, stopsIncoming: true, forMs: 60_000 });
      dialler.node.close(dialler.connection, "reset");
      yield until("this side is closed", () => dialler.log.isClosed);
      yield pass(world, 50);
      check(!acceptor.log.isClosed, "the other side knows nothing");
      control.healAll();
      yield until("the other side is closed", () => acceptor.log.isClosed);
      check(acceptor.log.closed[0] === "reset", "by a reset");
    },
  },
  {
    name: "an injected reset closes both sides",
    *run(world) {
      const { dialler, acceptor, control } = yield* faultyPair(world);
      control.inject({ type: "reset", losesBytes: false });
      yield until("both are closed", () => dialler.log.isClosed && acceptor.log.isClosed);
      check(dialler.log.closed[0] === "reset" && acceptor.log.closed[0] === "reset", "by a reset");
      dialler.node.checkConnections();
    },
  },
  {
    name: "a reset that loses bytes loses those of one direction, and either direction is drawn",
    *run(world) {
      const lost = new Set<string>();
      let pair = yield* faultyPair(world);
      const { control, endpoint } = pair;
      for (let round = 0; round < 20 && lost.size < 2; round++) {
        control.inject({ type: "reset", losesBytes: true });
        pair.dialler.node.send(pair.dialler.connection, Uint8Array.of(1));
        pair.acceptor.node.send(pair.acceptor.connection, Uint8Array.of(2));
        const { dialler, acceptor } = pair;
        yield until("both are closed", () => dialler.log.isClosed && acceptor.log.isClosed);
        const arrived = [acceptor.log.receivedBytes > 0, dialler.log.receivedBytes > 0];
        check(arrived.includes(false) && arrived.includes(true), "one direction is lost, the other is not", { arrived });
        lost.add(arrived[0] === true ? "incoming" : "outgoing");
        const next = yield* dial({ dialler: dialler.node, acceptor: acceptor.node }, endpoint);
        pair = {
          ...pair,
          dialler: { ...dialler, connection: next.dialled, log: dialler.node.log(next.dialled) },
          acceptor: { ...acceptor, connection: next.accepted, log: acceptor.node.log(next.accepted) },
        };
      }
      check(lost.size === 2, "both directions were lost at some time", { lost: [...lost] });
    },
  },
  {
    name: "a slow network delays bytes and keeps their order",
    *run(world) {
      const { dialler, acceptor, control } = yield* faultyPair(world);
      const { clock } = world.nodes[0].ports;
      const from = clock.now().monotonicUs;
      control.inject({ type: "slow-network", byMs: 40, forMs: 20 });
      for (let i = 0; i < 5; i++) dialler.node.send(dialler.connection, Uint8Array.of(i));
      // What is sent when it is quick again must not overtake.
      yield until("the fault is over", () => control.slowNetworkMs === 0);
      for (let i = 5; i < 10; i++) dialler.node.send(dialler.connection, Uint8Array.of(i));
      yield until("all arrives", () => acceptor.log.receivedBytes === 10);
      check(clock.now().monotonicUs - from >= 30_000, "it took longer");
      check(acceptor.log.bytes.join() === "0,1,2,3,4,5,6,7,8,9", "the order is kept");
    },
  },
  {
    name: "a stashed message is held with all that is behind it, and arrives after bytes of the connection that replaced its own",
    *run(world) {
      const { dialler, acceptor, control, endpoint } = yield* faultyPair(world);
      control.inject({ type: "stash", message: "produce-request", count: 1, release: { type: "after-reconnect" } });
      dialler.node.send(dialler.connection, Uint8Array.of(1));
      yield until("what is before it passes", () => acceptor.log.receivedBytes === 1);
      dialler.node.send(dialler.connection, Uint8Array.of(PRODUCE, 1));
      yield until("it is held", () => control.stash.size === 1);
      dialler.node.close(dialler.connection, "reset");
      yield until("the sender has closed", () => dialler.log.isClosed);
      const next = yield* dial({ dialler: dialler.node, acceptor: acceptor.node }, endpoint);
      check(acceptor.log.receivedBytes === 1 && !acceptor.log.isClosed, "it is held still");
      dialler.node.send(next.dialled, Uint8Array.of(PRODUCE, 2));
      yield until("both have arrived", () => acceptor.log.receivedBytes === 3 && acceptor.node.log(next.accepted).receivedBytes === 2);
      yield until("and then the close", () => acceptor.log.isClosed);
      dialler.node.checkConnections();
      acceptor.node.checkConnections();
    },
  },
  {
    name: "a stash lets go after an election, after deliveries, or at the heal",
    *run(world) {
      const { dialler, acceptor, control, endpoint } = yield* faultyPair(world);
      const other = yield* dial({ dialler: dialler.node, acceptor: acceptor.node }, endpoint);
      const releases = [{ type: "after-election" }, { type: "after-deliveries", count: 3 }, { type: "after-election" }] as const;
      const triggers = [
        () => control.stash.happened("after-election"),
        () => [1, 2, 3].forEach((value) => acceptor.node.send(other.accepted, Uint8Array.of(value))),
        () => control.healAll(),
      ];
      for (const [index, release] of releases.entries()) {
        control.inject({ type: "stash", message: "produce-request", count: 1, release });
        dialler.node.send(dialler.connection, Uint8Array.of(PRODUCE));
        yield until("it is held", () => control.stash.size === 1);
        yield pass(world, 20);
        check(acceptor.log.receivedBytes === index, "it does not arrive", { received: acceptor.log.receivedBytes });
        triggers[index]?.();
        if (index === 1) yield until("deliveries go on", () => dialler.node.log(other.dialled).receivedBytes > 0);
        if (index === 1) for (let i = 0; i < 3; i++) yield* poke(world, dialler.node, other.dialled);
        yield until("it arrives", () => acceptor.log.receivedBytes === index + 1);
      }
    },
  },
];

/** Bytes pass on another connection. */
function* poke(world: ConformanceWorld, node: Pair["dialler"]["node"], connection: Pair["dialler"]["connection"]): Generator<Wait, void, void> {
  node.send(connection, Uint8Array.of(1));
  yield pass(world, 5);
}
