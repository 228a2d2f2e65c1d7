import type { StashMatch, WorldPorts } from "@samsa/world";
import { describe, expect, it } from "vitest";
import type { SimulatedWorld } from "../../src/world/index.ts";
import { Faults } from "../../src/world/index.ts";
import { connected, dial, LONG_US, Recorder } from "./fixture.ts";

/** Messages that begin with 9 are fetch requests of a replica. */
const classify = (bytes: Uint8Array): StashMatch | undefined => (bytes[0] === 9 ? "replica-fetch-request" : undefined);
const SOON_US = 1_000_000;
const faultsOf = (world: SimulatedWorld): Faults => new Faults(world, { start: () => undefined, requestStop: () => undefined });

describe("the stash", () => {
  it("holds the next messages that match, each with what is behind it on its direction, and nothing else", () => {
    const { world, here, there } = connected({ classify });
    faultsOf(world).inject({ type: "stash", message: "replica-fetch-request", count: 1, release: { type: "after-election" } });
    here.send(1);
    here.send(9);
    here.send(2);
    there.send(3);
    world.runFor(SOON_US);
    expect([there.bytes, here.bytes, world.network.stash.size]).toEqual([[1], [3], 1]);
    world.network.stash.happened("after-election");
    here.send(9);
    world.runFor(SOON_US);
    expect([there.bytes, world.network.stash.size]).toEqual([[1, 9, 2, 9], 0]);
  });

  it("lets go after so many deliveries", () => {
    const { world, here, there } = connected({ classify });
    faultsOf(world).inject({ type: "stash", message: "replica-fetch-request", count: 1, release: { type: "after-deliveries", count: 3 } });
    here.send(9);
    for (let count = 1; count <= 2; count++) {
      there.send(count);
      world.runFor(SOON_US);
    }
    expect(there.bytes).toEqual([]);
    there.send(3);
    world.runFor(SOON_US);
    expect([here.bytes, there.bytes]).toEqual([[1, 2, 3], [9]]);
  });

  it("lets old bytes come behind those of the connection that replaced theirs, before the old one closes", () => {
    const { world, ports, here, there, accepted } = connected({ classify });
    faultsOf(world).inject({ type: "stash", message: "replica-fetch-request", count: 1, release: { type: "after-reconnect" } });
    here.send(9);
    world.runFor(SOON_US);
    here.connection.reset();
    world.runFor(SOON_US);
    expect([there.bytes, there.reason]).toEqual([[], undefined]);
    const renewed = new Recorder(world, dial(world, ports[0] as WorldPorts, 2).value);
    renewed.send(8);
    world.runFor(SOON_US);
    const young = accepted[1];
    expect([young?.bytes, there.bytes, there.reason]).toEqual([[8], [9], "reset"]);
    expect(there.times[0]).toBeGreaterThanOrEqual(young?.times[0] ?? Number.NaN);
    expect(there.closedAtUs).toBeGreaterThanOrEqual(there.times[0] ?? Number.NaN);
  });

  it("does not let go when the sender has a second connection but still has the first", () => {
    const { world, ports, here, there } = connected({ classify });
    faultsOf(world).inject({ type: "stash", message: "replica-fetch-request", count: 1, release: { type: "after-reconnect" } });
    here.send(9);
    new Recorder(world, dial(world, ports[0] as WorldPorts, 2).value).send(8);
    world.runFor(SOON_US);
    expect(there.bytes).toEqual([]);
  });

  it("keeps what it holds when the network breaks the connection or the sender's process dies", () => {
    for (const breakIt of ["network", "process"] as const) {
      const { world, here, there } = connected({ classify });
      const faults = faultsOf(world);
      faults.inject({ type: "stash", message: "replica-fetch-request", count: 1, release: { type: "after-election" } });
      here.send(9);
      if (breakIt === "network") faults.inject({ type: "reset", losesBytes: true });
      else world.crash(1);
      world.runFor(SOON_US);
      world.network.stash.happened("after-election");
      world.runFor(SOON_US);
      expect([there.bytes, there.reason]).toEqual([[9], "reset"]);
    }
  });

  it("lets go of everything at the heal, and of anything in the end", () => {
    const healed = connected({ classify });
    const faults = faultsOf(healed.world);
    faults.inject({ type: "stash", message: "replica-fetch-request", count: 5, release: { type: "after-election" } });
    healed.here.send(9);
    faults.healAll();
    healed.here.send(9);
    healed.world.runFor(SOON_US);
    expect(healed.there.bytes).toEqual([9, 9]);

    const forgotten = connected({ classify });
    faultsOf(forgotten.world).inject({ type: "stash", message: "replica-fetch-request", count: 1, release: { type: "after-election" } });
    forgotten.here.send(9);
    forgotten.world.runFor(LONG_US);
    expect(forgotten.there.bytes).toEqual([9]);
  });

  it("has no effect on a receiver that dies meanwhile", () => {
    const { world, here, there } = connected({ classify });
    faultsOf(world).inject({ type: "stash", message: "replica-fetch-request", count: 1, release: { type: "after-election" } });
    here.send(9);
    world.crash(2);
    world.network.stash.happened("after-election");
    world.runFor(SOON_US);
    expect([there.bytes, here.reason]).toEqual([[], "reset"]);
  });
});
