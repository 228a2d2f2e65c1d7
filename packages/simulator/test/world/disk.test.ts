import type { DirectoryEntry, WorldPorts } from "@samsa/world";
import { describe, expect, it } from "vitest";
import { Faults } from "../../src/world/index.ts";
import { Answer, LONG_US, worldOf } from "./fixture.ts";

const NO_CONTROL = { start: () => undefined, requestStop: () => undefined };
const one = (seed = 1) => {
  const { world, ports } = worldOf(1, { seed });
  return { world, disk: (ports[0] as WorldPorts).disk };
};

describe("the disk", () => {
  it("does what it is asked, later, and says how it went", () => {
    const { world, disk } = one();
    const [made, appended, short, read, listed, missing] = [
      new Answer<void>(),
      new Answer<void>(),
      new Answer<Uint8Array>(),
      new Answer<Uint8Array>(),
      new Answer<readonly DirectoryEntry[]>(),
      new Answer<Uint8Array>(),
    ];
    disk.makeDirectory("a/b", made.done);
    world.runFor(LONG_US);
    disk.append({ path: "a/log", position: 0 }, [Uint8Array.of(1, 2), Uint8Array.of(3)], appended.done);
    expect(appended.outcome).toBe(undefined);
    world.runFor(LONG_US);
    disk.read("a/log", 1, 3, short.done);
    disk.read("a/log", 1, 2, read.done);
    disk.list("a", listed.done);
    disk.read("a/none", 0, 0, missing.done);
    world.runFor(LONG_US);
    expect([made.outcome?.ok, appended.outcome?.ok, short.error, missing.error]).toEqual([true, true, "ESHORT", "ENOENT"]);
    expect(read.value).toEqual(Uint8Array.of(2, 3));
    expect(listed.value).toEqual([
      { name: "b", isDirectory: true, size: 0 },
      { name: "log", isDirectory: false, size: 3 },
    ]);
  });

  it("gives a reader bytes of its own", () => {
    const { world, disk } = one();
    const [read, again] = [new Answer<Uint8Array>(), new Answer<Uint8Array>()];
    disk.append({ path: "log", position: 0 }, [Uint8Array.of(1)], () => undefined);
    world.runFor(LONG_US);
    disk.read("log", 0, 1, read.done);
    world.runFor(LONG_US);
    read.value.fill(9);
    disk.read("log", 0, 1, again.done);
    world.runFor(LONG_US);
    expect(again.value).toEqual(Uint8Array.of(1));
  });

  it("ends two syncs of a file in the order they began", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { world, disk } = one(seed);
      const order: number[] = [];
      disk.append({ path: "log", position: 0 }, [Uint8Array.of(1)], () => undefined);
      world.runFor(LONG_US);
      disk.sync("log", () => order.push(1));
      disk.sync("log", () => order.push(2));
      world.runFor(LONG_US);
      expect(order).toEqual([1, 2]);
    }
  });

  it("fails the next operations of a kind on matching paths, and then works again", () => {
    const { world, disk } = one();
    new Faults(world, NO_CONTROL).inject({ type: "disk-error", victim: 1, operation: "append", path: "lo", error: "ENOSPC", count: 2 });
    const answers = ["log", "other", "log", "log"].map((path) => {
      const answer = new Answer<void>();
      disk.append({ path, position: 0 }, [Uint8Array.of(1)], answer.done);
      world.runFor(LONG_US);
      return answer.error;
    });
    expect(answers).toEqual(["ENOSPC", undefined, "ENOSPC", undefined]);
  });

  it("is slower for as long as it was told to be", () => {
    const { world, disk } = one();
    new Faults(world, NO_CONTROL).inject({ type: "slow-disk", victim: 1, byMs: 1000, forMs: 10_000 });
    const took = (): number => {
      const start = world.nowUs;
      const done = new Answer<void>();
      disk.append({ path: "log", position: 0 }, [Uint8Array.of(1)], done.done);
      world.runWhile(() => done.outcome === undefined, start + LONG_US);
      return world.nowUs - start;
    };
    expect(took()).toBeGreaterThan(1_000_000);
    world.runFor(10_000_000);
    expect(took()).toBeLessThan(100_000);
  });
});

describe("a killed process", () => {
  it("leaves its page cache to the next one, and its boot id says so", () => {
    const { world, ports } = worldOf(1);
    const [first] = ports as [WorldPorts];
    first.disk.append({ path: "log", position: 0 }, [Uint8Array.of(1, 2, 3)], () => undefined);
    world.runFor(LONG_US);
    world.crash(1);
    const second = world.ports(1);
    expect(world.filesOf(1).file("log")?.size).toBe(3);
    expect([second.bootId === first.bootId, second.seed === first.seed]).toEqual([true, false]);
    world.powerLoss(1);
    expect(world.ports(1).bootId).not.toBe(first.bootId);
  });

  it("finds what it had under way done, not done, or done in part from the front", () => {
    const sizes = new Set<number>();
    for (let seed = 0; seed < 60; seed++) {
      const { world, disk } = one(seed);
      disk.append({ path: "log", position: 0 }, [Uint8Array.of(1, 2), Uint8Array.of(3, 4)], () => {
        throw new Error("a dead process was called");
      });
      world.crash(1);
      world.runFor(LONG_US);
      const file = world.filesOf(1).file("log");
      const size = file?.size ?? 0;
      sizes.add(size);
      expect([...(file?.read(0, size) ?? [])]).toEqual([1, 2, 3, 4].slice(0, size));
    }
    expect([...sizes].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it("does not get a sync's pages lost that it could not be told of", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { world, disk } = one(seed);
      disk.append({ path: "log", position: 0 }, [Uint8Array.of(7)], () => undefined);
      world.runFor(LONG_US);
      disk.sync("log", () => undefined);
      world.crash(1);
      const again = world.ports(1).disk;
      for (const sync of [again.sync.bind(again), again.syncDirectory.bind(again)]) sync(sync.name.includes("Directory") ? "" : "log", () => undefined);
      world.runFor(LONG_US);
      world.powerLoss(1);
      expect(world.filesOf(1).file("log")?.read(0, 1)).toEqual(Uint8Array.of(7));
    }
  });

  it("that is paused hears of its completions when it goes on", () => {
    const { world, disk } = one();
    const done = new Answer<void>();
    disk.append({ path: "log", position: 0 }, [Uint8Array.of(1)], done.done);
    world.pause(1, 5000);
    world.runFor(4_000_000);
    expect([done.outcome, world.filesOf(1).file("log")?.size]).toEqual([undefined, 1]);
    world.runFor(2_000_000);
    expect(done.outcome?.ok).toBe(true);
  });
});

describe("a power loss", () => {
  it("keeps what a sync reported, with a directory synced, whatever was under way", () => {
    for (let seed = 0; seed < 100; seed++) {
      const { world, disk } = one(seed);
      let synced = 0;
      const turn = (size: number): void => {
        disk.append({ path: "log", position: size }, [Uint8Array.of(size & 255)], () => {
          disk.sync("log", () => {
            synced = Math.max(synced, size + 1);
          });
          turn(size + 1);
        });
      };
      turn(0);
      world.runFor(10_000);
      disk.syncDirectory("", () => undefined);
      world.runFor(200_000 + seed * 100);
      world.powerLoss(1);
      const file = world.filesOf(1).file("log");
      expect(synced).toBeGreaterThan(100);
      expect([...(file?.read(0, synced) ?? [])]).toEqual(Array.from({ length: synced }, (_, index) => index & 255));
    }
  });
});
