import { nodeId, Prng } from "@samsa/stdx";
import type { Entry, Proposed } from "raft-ts";
import { describe, expect, it } from "vitest";
import { Quorum } from "../src/quorum.ts";
import { EffectRunner } from "./support/effects.ts";
import { PowerDisk } from "./support/power-disk.ts";

const WAL = "__cluster_metadata-0/quorum.wal";

/** One process of a quorum of one, on that disk. */
class OneNode {
  readonly runner: EffectRunner;
  readonly quorum: Quorum;
  readonly committed: Entry[] = [];
  isRecovered = false;
  isLeader = false;

  constructor(disk: PowerDisk) {
    this.runner = new EffectRunner(disk);
    this.quorum = new Quorum({
      self: nodeId(1),
      voters: [{ nodeId: nodeId(1), host: "localhost", port: 9093 }],
      electionTimeoutMs: 1_000,
      heartbeatIntervalMs: 300,
      limits: { maxPayloadBytes: 64 },
      outbox: this.runner.outbox,
      prng: new Prng(1),
      events: {
        quorumRecovered: () => (this.isRecovered = true),
        send: () => undefined,
        loadSnapshot: (_, done, now) => done(now),
        restored: () => undefined,
        takeSnapshot: () => undefined,
        readAnswered: () => undefined,
        entryCommitted: (entry) => void this.committed.push(entry),
        roleChanged: ({ isLeader }) => (this.isLeader = isLeader),
      },
    });
    this.quorum.recover((_, now) => this.quorum.start("disk-1", now));
  }

  /** Runs until nothing is left to do at this time; with `steps`, the disk does no more than that. */
  settle(steps = Infinity): void {
    let left = steps;
    for (let isBusy = true; isBusy;) {
      while (this.quorum.drain(this.runner.now));
      isBusy = left-- > 0 && this.runner.step();
    }
    this.runner.take();
  }

  lead(): this {
    this.settle();
    for (let i = 0; i < 10 && !this.isLeader; i++) {
      this.runner.nowMs += 1_000;
      this.quorum.deadline(this.runner.now);
      this.settle();
    }
    return this;
  }

  propose(text: string): Proposed {
    return this.quorum.propose(new TextEncoder().encode(text), this.runner.now);
  }

  get texts(): string[] {
    return this.committed.filter(({ kind }) => kind === "data").map(({ payload }) => new TextDecoder().decode(payload));
  }
}

describe("The quorum over a disk", () => {
  it("tells what it can't take now from what it can never take, and takes what fits", () => {
    const node = new OneNode(new PowerDisk());
    expect(node.propose("a")).toEqual({ ok: false, reason: "not-leader", leader: -1 });
    node.settle();
    expect(node.propose("a")).toEqual({ ok: false, reason: "not-leader", leader: -1 });
    node.lead();
    expect(node.propose("a".repeat(65))).toEqual({ ok: false, reason: "too-large", leader: 1 });
    expect(node.propose("a".repeat(64))).toMatchObject({ ok: true });
  });

  it("commits what it wrote, and has it after a restart", () => {
    const disk = new PowerDisk();
    const first = new OneNode(disk).lead();
    for (const text of ["a", "b", "c"]) first.propose(text);
    first.settle();
    expect(first.texts).toEqual(["a", "b", "c"]);
    expect(new OneNode(disk).lead().texts).toEqual(["a", "b", "c"]);
  });

  it("has all its writes and syncs done before those of partitions: while one waits there is no vote, no commit, and soon no leader", () => {
    const node = new OneNode(new PowerDisk()).lead();
    node.propose("a");
    node.settle();
    expect(node.texts).toEqual(["a"]);
    expect(node.runner.syncs.filter(({ isUrgent, path }) => !isUrgent && path !== "")).toEqual([]);
    expect(node.runner.writes.filter(({ isUrgent }) => !isUrgent)).toEqual([]);
    expect(node.runner.writes.filter(({ path }) => path === WAL).length).toBeGreaterThan(2);
    expect(node.runner.syncs.filter(({ path }) => path === WAL).length).toBeGreaterThan(2);
  });

  it.each([true, false])("tells of each write only to those who follow every step: %s", (isDetailed) => {
    const node = new OneNode(new PowerDisk());
    node.runner.outbox.isDetailed = isDetailed;
    const kinds = node.lead().runner.traces.map(({ kind }) => kind);
    expect([kinds.includes("raft-role"), kinds.includes("raft-append")]).toEqual([true, isDetailed]);
  });

  it("loses nothing that it committed when the power goes, however far the disk has come", () => {
    for (let steps = 0; steps < 12; steps++) {
      const disk = new PowerDisk();
      const first = new OneNode(disk);
      // The very first write too: the file's name and its directory's must last before its content counts.
      first.settle();
      first.runner.nowMs = 5_000;
      first.quorum.deadline(first.runner.now);
      first.settle(steps);
      first.propose("a");
      first.settle(steps);
      const acknowledged = first.texts;
      disk.cutPower();
      expect(new OneNode(disk).lead().texts.slice(0, acknowledged.length)).toEqual(acknowledged);
    }
  });

  it("makes durable what it finds, names included, before Raft answers for it: a kill may have been before the first sync of the directory", () => {
    const disk = new PowerDisk();
    const first = new OneNode(disk).lead();
    first.propose("a");
    first.settle();
    const content = disk.content(WAL) ?? new Uint8Array(0);
    const unnamed = new PowerDisk();
    unnamed.perform({ type: "append", id: 1 as never, path: WAL, position: 0, buffers: [content] });
    const restarted = new OneNode(unnamed);
    restarted.settle();
    expect(restarted.isRecovered).toBe(true);
    unnamed.cutPower();
    expect(unnamed.content(WAL)).toEqual(content);
  });

  it("cuts a torn tail off and goes on from there", () => {
    const disk = new PowerDisk();
    const first = new OneNode(disk).lead();
    first.propose("a");
    first.settle();
    const whole = disk.content(WAL) ?? new Uint8Array(0);
    disk.write(WAL, Uint8Array.of(...whole, ...whole.slice(0, 7)));
    const second = new OneNode(disk).lead();
    second.propose("b");
    second.settle();
    expect(second.runner.traces).toContainEqual(expect.objectContaining({ kind: "log-recovered", droppedBytes: 7 }));
    expect(new OneNode(disk).lead().texts).toEqual(["a", "b"]);
  });

  it.each(["append", "sync", "sync-directory"] as const)("ends the process when %s fails, and commits nothing of it", (type) => {
    const disk = new PowerDisk();
    const node = new OneNode(disk);
    node.settle();
    disk.failing = { type, code: "EIO" };
    node.runner.nowMs = 5_000;
    node.quorum.deadline(node.runner.now);
    node.settle();
    expect(node.runner.exits[0]?.code).toBe(74);
    expect(node.isLeader).toBe(false);
  });

  it("waits for room for its directory at the first start, says so, and then begins", () => {
    const disk = new PowerDisk();
    disk.failing = { type: "make-directory", code: "ENOSPC" };
    const node = new OneNode(disk).lead();
    expect([node.isRecovered, node.isLeader, node.runner.exits]).toEqual([false, false, []]);
    expect(node.runner.traces).toContainEqual(expect.objectContaining({ kind: "disk-full", path: "__cluster_metadata-0" }));
    disk.failing = undefined;
    node.lead();
    node.propose("a");
    node.settle();
    expect(node.texts).toEqual(["a"]);
  });

  it("ends the process when its directory can't be made for another reason", () => {
    const disk = new PowerDisk();
    disk.failing = { type: "make-directory", code: "EIO" };
    const node = new OneNode(disk).lead();
    expect([node.isRecovered, node.runner.exits[0]?.code]).toEqual([false, 74]);
  });

  it("ends with a reason where the log is damaged before its tail, rather than throw", () => {
    const disk = new PowerDisk();
    const first = new OneNode(disk).lead();
    for (const text of ["a", "b"]) {
      first.propose(text);
      first.settle();
    }
    const damaged = (disk.content(WAL) ?? new Uint8Array(0)).slice();
    damaged[12] = (damaged[12] ?? 0) ^ 0xff;
    disk.write(WAL, damaged);
    const second = new OneNode(disk);
    second.settle();
    expect(second.isRecovered || second.runner.exits[0]?.code === 74).toBe(true);
  });
});
