import type { PortConnection, WorldPorts } from "@samsa/world";
import { describe, expect, it } from "vitest";
import { Faults } from "../../src/world/index.ts";
import { Answer, connected, dial, listen, LONG_US, PORT, Recorder, worldOf } from "./fixture.ts";

const NO_CONTROL = { start: () => undefined, requestStop: () => undefined };

describe("dialling", () => {
  it("is refused where no process listens", () => {
    const { world, ports } = worldOf(2);
    expect(dial(world, ports[0] as WorldPorts, 2).error).toBe("ECONNREFUSED");
    listen(world, ports[1] as WorldPorts);
    world.crash(2);
    expect(dial(world, ports[0] as WorldPorts, 2).error).toBe("ECONNREFUSED");
  });

  it("times out where the host has no power, and says that an unknown host can't be reached", () => {
    const { world, ports } = worldOf(2);
    listen(world, ports[1] as WorldPorts);
    world.powerLoss(2);
    expect(dial(world, ports[0] as WorldPorts, 2).error).toBe("ETIMEDOUT");
    expect(world.nowUs).toBe(world.options.network.dialTimeoutUs);
    expect(dial(world, ports[0] as WorldPorts, 9).error).toBe("EHOSTUNREACH");
  });

  it("times out through a cut in either direction, and succeeds late if the cut is mended in time", () => {
    for (const [from, to] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const { world, ports } = worldOf(2);
      listen(world, ports[1] as WorldPorts);
      const [a, b] = [world.hosts[from], world.hosts[to]];
      const link = world.network.link((a ?? world.host(1)).network, (b ?? world.host(2)).network);
      link.cut();
      expect(dial(world, ports[0] as WorldPorts, 2).error).toBe("ETIMEDOUT");
      world.after(1_500_000, () => link.mend());
      const start = world.nowUs;
      expect(dial(world, ports[0] as WorldPorts, 2).outcome?.ok).toBe(true);
      expect(world.nowUs - start).toBeGreaterThan(1_500_000);
    }
  });

  it("gives port 0 a free port, refuses a port twice, and frees it with its process", () => {
    const { world, ports } = worldOf(1);
    const [any, first, second] = [new Answer<number>(), new Answer<number>(), new Answer<number>()];
    const ask = (node: WorldPorts, port: number, answer: Answer<number>): void =>
      node.network.listen({ transport: "stream", host: "localhost", port }, () => undefined, answer.done);
    const [node] = ports as [WorldPorts];
    ask(node, 0, any);
    ask(node, PORT, first);
    ask(node, PORT, second);
    world.runFor(1);
    expect([any.value > 1024, first.value, second.error]).toEqual([true, PORT, "EADDRINUSE"]);
    world.crash(1);
    const third = new Answer<number>();
    ask(world.ports(1), PORT, third);
    world.runFor(1);
    expect(third.value).toBe(PORT);
  });
});

describe("a connection", () => {
  it("carries bytes both ways, after a latency", () => {
    const { world, here, there } = connected();
    here.send(1, 2, 3);
    there.send(4);
    expect(there.bytes).toEqual([]);
    world.runFor(LONG_US);
    expect([there.bytes, here.bytes]).toEqual([[1, 2, 3], [4]]);
  });

  it("copies what it is given", () => {
    const { world, here, there } = connected();
    const bytes = Uint8Array.of(1, 2);
    here.connection.write([bytes]);
    bytes.fill(9);
    world.runFor(LONG_US);
    expect(there.bytes).toEqual([1, 2]);
  });

  it("reports a sender that changes what it gave away, if it is to look", () => {
    const { world, here } = connected({ options: { network: { verifiesSentBuffers: true } } });
    const bytes = Uint8Array.of(1, 2);
    here.connection.write([bytes]);
    world.runFor(LONG_US);
    here.connection.write([bytes]);
    bytes.fill(9);
    world.runFor(LONG_US);
    expect(world.violations).toEqual(["node 1 changed 2 bytes it had given to the network"]);
  });

  it("keeps message boundaries where it carries messages", () => {
    const { world, here, there } = connected({ options: { network: { fragmentation: "tiny" } } }, "message");
    for (let size = 1; size <= 40; size++) here.connection.write([new Uint8Array(size), new Uint8Array(1)]);
    world.runFor(LONG_US);
    expect(there.chunks.map((chunk) => chunk.length)).toEqual(Array.from({ length: 40 }, (_, index) => index + 2));
  });

  it("tells the writer to wait when a window is full, and when to go on", () => {
    const { world, here, there } = connected({ options: { network: { windowBytes: 100 } } });
    expect(here.connection.write([new Uint8Array(60)])).toBe(true);
    expect(here.connection.write([new Uint8Array(60)])).toBe(false);
    there.connection.setReading(false);
    world.runFor(LONG_US);
    expect([there.chunks.length, here.drains]).toEqual([0, 0]);
    there.connection.setReading(true);
    world.runFor(LONG_US);
    expect([there.bytes.length, here.drains]).toEqual([120, 1]);
  });

  it("does not tell a writer to go on whose acknowledgements are cut off", () => {
    const { world, here, there } = connected({ options: { network: { windowBytes: 100 } } });
    const back = world.network.link(world.host(2).network, world.host(1).network);
    here.connection.write([new Uint8Array(200)]);
    back.cut();
    world.runFor(LONG_US);
    expect([there.bytes.length, here.drains]).toEqual([200, 0]);
    back.mend();
    world.runFor(LONG_US);
    expect(here.drains).toBe(1);
  });
});

describe("the end of a connection", () => {
  it("comes behind the bytes, is answered behind the other side's bytes, and is the last thing told", () => {
    const { world, here, there } = connected();
    here.send(1);
    here.connection.end();
    here.send(2);
    there.send(3);
    world.runFor(LONG_US);
    expect([there.bytes, there.reason, here.bytes, here.reason]).toEqual([[1], "end", [3], "end"]);
    expect(here.closedAtUs).toBeGreaterThan(there.closedAtUs);
    expect(world.network.size).toBe(0);
    there.send(4);
    world.runFor(LONG_US);
    expect(here.bytes).toEqual([3]);
  });

  it("waits for a reader who does not read; a reset does not", () => {
    const ended = connected();
    ended.there.connection.setReading(false);
    ended.here.send(1);
    ended.here.connection.end();
    ended.world.runFor(20_000_000);
    expect(ended.there.reason).toBe(undefined);
    ended.there.connection.setReading(true);
    ended.world.runFor(LONG_US);
    expect([ended.there.bytes, ended.there.reason]).toEqual([[1], "end"]);

    const reset = connected();
    reset.there.connection.setReading(false);
    reset.here.send(1);
    reset.here.connection.reset();
    reset.world.runFor(LONG_US);
    expect([reset.there.bytes, reset.there.reason]).toEqual([[], "reset"]);
  });

  it("is a reset for the one who ended and got no answer for half a minute", () => {
    const { world, here, there } = connected();
    there.connection.setReading(false);
    here.connection.end();
    world.runFor(29_000_000);
    expect(here.reason).toBe(undefined);
    world.runFor(LONG_US);
    expect([here.reason, there.reason]).toEqual(["reset", "reset"]);
  });

  it("is a reset for the peers of a process that is killed or exits", () => {
    for (const kill of ["crash", "exit"] as const) {
      const { world, ports, there, here } = connected();
      if (kill === "crash") world.crash(2);
      else ports[1]?.exit(1, "done");
      expect(world.isUp(2)).toBe(false);
      world.runFor(LONG_US);
      expect([here.reason, there.reason]).toEqual(["reset", undefined]);
    }
  });

  it("comes to the peers of a dying process one by one, and before its listeners go", () => {
    const closedAt = new Set<number>();
    const orders = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const { world, ports } = worldOf(2, { seed });
      const [dialler, victim] = ports;
      if (dialler === undefined || victim === undefined) throw new Error("two nodes");
      victim.network.listen(
        { host: "node-2", port: PORT, transport: "stream" },
        (connection) => void new Recorder(world, connection),
        () => undefined,
      );
      const peers: Recorder[] = [];
      const dial = (transport: "stream" | "message"): Answer<PortConnection> => {
        const answer = new Answer<PortConnection>();
        dialler.network.dial({ host: "node-2", port: PORT, transport }, (outcome) => {
          answer.done(outcome);
          if (outcome.ok) peers.push(new Recorder(world, outcome.value));
        });
        return answer;
      };
      for (let i = 0; i < 5; i++) dial("stream");
      world.runFor(LONG_US);
      const startUs = world.nowUs;
      world.crash(2, 30);
      expect([world.isUp(2), world.dyingUs(2)]).toEqual([false, 30_000]);
      world.runFor(10_000);
      const accepted = dial("stream");
      world.runFor(10_000);
      expect([accepted.outcome?.ok, peers[5]?.reason]).toEqual([true, undefined]);
      world.runFor(LONG_US);
      expect(peers.map(({ reason }) => reason)).toEqual(Array.from({ length: 6 }, () => "reset"));
      expect(peers[5]?.closedAtUs).toBeGreaterThanOrEqual(startUs + 30_000);
      for (const { closedAtUs } of peers.slice(0, 5)) closedAt.add(closedAtUs - startUs);
      orders.add([0, 1, 2, 3, 4].sort((a, b) => (peers[a]?.closedAtUs ?? 0) - (peers[b]?.closedAtUs ?? 0)).join());
      const refused = dial("stream");
      world.runFor(LONG_US);
      expect(refused.error).toBe("ECONNREFUSED");
    }
    expect(Math.min(...closedAt)).toBeLessThan(10_000);
    expect(Math.max(...closedAt)).toBeGreaterThan(20_000);
    expect(orders.size).toBeGreaterThan(10);
  });

  it("is all that a message dial gets of a dying process, for nobody answers its upgrade; and silence if the power goes too", () => {
    for (const goes of ["slowly", "with the power"] as const) {
      const { world, ports } = worldOf(2);
      ports[1]?.network.listen(
        { host: "node-2", port: PORT, transport: "message" },
        () => expect.unreachable("nobody accepts"),
        () => undefined,
      );
      world.runFor(1);
      const startUs = world.nowUs;
      world.crash(2, 30);
      const answer = new Answer<PortConnection>();
      ports[0]?.network.dial({ host: "node-2", port: PORT, transport: "message" }, answer.done);
      world.runFor(20_000);
      expect(answer.outcome).toBeUndefined();
      if (goes === "with the power") world.powerLoss(2);
      world.runWhile(() => answer.outcome === undefined, world.nowUs + LONG_US);
      expect(answer.error).toBe(goes === "slowly" ? "ECONNRESET" : "ETIMEDOUT");
      expect(world.nowUs - startUs).toBeGreaterThanOrEqual(30_000);
    }
  });

  it("comes wholly before another process may begin", () => {
    const { world } = worldOf(1);
    world.crash(1, 30);
    expect(() => world.ports(1)).toThrow("a host runs one process at a time");
    world.runFor(30_000);
    world.ports(1);
    expect(world.isUp(1)).toBe(true);
  });

  it("is silence for the peers of a host without power, for a while, but not after it is back", () => {
    const quiet = connected();
    quiet.here.send(1);
    quiet.world.powerLoss(2);
    quiet.world.runFor(LONG_US);
    expect([quiet.here.reason, quiet.here.closedAtUs > 50_000]).toEqual(["reset", true]);

    const back = connected({ seed: 7 });
    back.world.powerLoss(2);
    back.world.ports(2);
    const start = back.world.nowUs;
    back.world.runFor(LONG_US);
    expect(back.here.closedAtUs - start).toBeLessThan(10_000);
  });
});

describe("a reset by the network", () => {
  it("that loses bytes loses those of one direction only; each direction in about half of the runs", () => {
    const lost = { there: 0, back: 0 };
    for (let seed = 0; seed < 60; seed++) {
      const { world, here, there } = connected({ seed });
      here.send(1);
      there.send(2);
      world.network.breakConnections(undefined, true);
      world.runFor(LONG_US);
      expect([here.reason, there.reason]).toEqual(["reset", "reset"]);
      if (there.bytes.length === 0) lost.there++;
      if (here.bytes.length === 0) lost.back++;
      expect(here.bytes.length + there.bytes.length).toBe(1);
    }
    expect(lost.there).toBeGreaterThan(15);
    expect(lost.back).toBeGreaterThan(15);
  });

  it("that loses no bytes delivers those under way first", () => {
    const { world, here, there } = connected();
    here.send(1);
    world.network.breakConnections(world.host(1).network, false);
    here.send(2);
    world.runFor(LONG_US);
    expect([there.bytes, there.reason]).toEqual([[1], "reset"]);
  });
});

describe("a partition", () => {
  it("holds bytes back and delivers them after the heal, in order", () => {
    const { world, here, there } = connected();
    const faults = new Faults(world, NO_CONTROL);
    here.send(1);
    faults.inject({ type: "partition", from: [1], isOneWay: false, forMs: 5000 });
    here.send(2);
    there.send(3);
    const start = world.nowUs;
    world.runFor(4_999_000);
    expect([there.bytes, here.bytes]).toEqual([[], []]);
    world.runFor(LONG_US);
    expect([there.bytes, here.bytes]).toEqual([[1, 2], [3]]);
    expect(there.times[0]).toBeGreaterThanOrEqual(start + 5_000_000);
  });

  it("that is one-way stops one direction only", () => {
    const { world, here, there } = connected();
    new Faults(world, NO_CONTROL).inject({ type: "partition", from: [1], isOneWay: true, forMs: 5000 });
    here.send(1);
    there.send(2);
    world.runFor(1_000_000);
    expect([there.bytes, here.bytes]).toEqual([[], [2]]);
  });

  it("that overlaps another ends with the later of the two, and with the heal at once", () => {
    const { world, here, there } = connected();
    const faults = new Faults(world, NO_CONTROL);
    faults.inject({ type: "partition", from: [1], isOneWay: false, forMs: 1000 });
    faults.inject({ type: "partition", from: [2], isOneWay: false, forMs: 3000 });
    here.send(1);
    world.runFor(2_000_000);
    expect(there.bytes).toEqual([]);
    faults.healAll();
    world.runFor(100_000);
    expect(there.bytes).toEqual([1]);
    world.runFor(LONG_US);
  });

  it("hides the death of a process until it is over", () => {
    const { world, here } = connected();
    new Faults(world, NO_CONTROL).inject({ type: "partition", from: [1], isOneWay: false, forMs: 5000 });
    world.crash(2);
    world.runFor(4_000_000);
    expect(here.reason).toBe(undefined);
    world.runFor(LONG_US);
    expect(here.reason).toBe("reset");
  });
});

describe("a paused process", () => {
  it("accepts and receives nothing until it goes on; its connections stay open", () => {
    const { world, ports, here, there, accepted } = connected();
    world.pause(2, 3000);
    here.send(1);
    world.runFor(100_000);
    here.send(2);
    here.connection.end();
    const second = new Recorder(world, dial(world, ports[0] as WorldPorts, 2).value);
    second.send(5);
    world.runFor(1_000_000);
    expect([there.bytes, there.reason, accepted.length]).toEqual([[], undefined, 1]);
    world.runFor(LONG_US);
    expect([there.bytes, there.reason, accepted.length, accepted[1]?.bytes]).toEqual([[1, 2], "end", 2, [5]]);
  });
});
