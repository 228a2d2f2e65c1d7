import { decodeUtf8, encodeUtf8, nodeId, Prng } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { type Identity, NodeIdentity } from "../src/node-identity.ts";
import { EffectRunner } from "./support/effects.ts";
import { PowerDisk } from "./support/power-disk.ts";

/** One start of a process under that boot of the host. */
function start(disk: PowerDisk, bootId: string, options: { readonly nodeId?: number; readonly clusterId?: string } = {}) {
  const runner = new EffectRunner(disk);
  const identity = new NodeIdentity({
    outbox: runner.outbox,
    nodeId: nodeId(options.nodeId ?? 1),
    clusterId: options.clusterId ?? "cluster",
    bootId,
    prng: new Prng(1),
  });
  let loaded: Identity | undefined;
  identity.load((result) => (loaded = result));
  runner.run();
  return { runner, identity, loaded, vouch: () => (identity.vouch(), runner.run()) };
}

describe("A node's identity", () => {
  it("makes an empty directory, which vouches for nothing", () => {
    const disk = new PowerDisk();
    expect(start(disk, "A").loaded?.pageCacheSurvived).toBe(false);
    expect(decodeUtf8(disk.content("meta.properties") ?? new Uint8Array(0))).toMatch(/node\.id=1\ncluster\.id=cluster\ndirectory\.id=.{22}\n/);
  });

  it("keeps the directory's id over restarts", () => {
    const disk = new PowerDisk();
    const [first, second] = [start(disk, "A"), start(disk, "B")];
    expect(second.loaded?.directoryId).toBe(first.loaded?.directoryId);
  });

  it("trusts the page cache within a boot once the controller has registered the directory", () => {
    const disk = new PowerDisk();
    start(disk, "A").vouch();
    expect(start(disk, "A").loaded?.pageCacheSurvived).toBe(true);
    expect(start(disk, "B").loaded?.pageCacheSurvived).toBe(false);
  });

  it("does not forget a loss that was never registered: a kill before the registration changes nothing", () => {
    const disk = new PowerDisk();
    start(disk, "A").vouch();
    expect(start(disk, "B").loaded?.pageCacheSurvived).toBe(false);
    expect(start(disk, "B").loaded?.pageCacheSurvived).toBe(false);
    const registered = start(disk, "B");
    registered.vouch();
    expect(start(disk, "B").loaded?.pageCacheSurvived).toBe(true);
  });

  it("does not vouch for a wiped directory either: a kill between its making and the registration", () => {
    const disk = new PowerDisk();
    start(disk, "A");
    expect(start(disk, "A").loaded?.pageCacheSurvived).toBe(false);
  });

  it("loses no more than its own word where the power goes while it vouches", () => {
    const disk = new PowerDisk();
    start(disk, "A").vouch();
    const restarted = start(disk, "B");
    restarted.identity.vouch();
    for (let i = 0; i < 3; i++) restarted.runner.step();
    disk.cutPower();
    expect(start(disk, "C").loaded).toMatchObject({ directoryId: restarted.loaded?.directoryId, pageCacheSurvived: false });
  });

  it.each([
    [{ nodeId: 2 }, "node.id"],
    [{ clusterId: "other" }, "cluster.id"],
  ])("refuses a directory of another node or cluster: %o", (options, key) => {
    const disk = new PowerDisk();
    start(disk, "A");
    const { runner, loaded } = start(disk, "A", options);
    expect([loaded, runner.exits[0]?.code]).toEqual([undefined, 78]);
    expect(runner.exits[0]?.reason).toContain(key);
  });

  it("refuses a file that says nothing", () => {
    const disk = new PowerDisk();
    disk.write("meta.properties", encodeUtf8("#\n"));
    expect(start(disk, "A").runner.exits[0]?.code).toBe(78);
  });

  it.each(["", "short", "ü".repeat(22), "A".repeat(22), "a".repeat(65), undefined])("refuses a directory id that is none: %o", (id) => {
    const disk = new PowerDisk();
    const line = id === undefined ? "" : `directory.id=${id}\n`;
    disk.write("meta.properties", encodeUtf8(`version=1\nnode.id=1\ncluster.id=cluster\n${line}`));
    const { runner, loaded } = start(disk, "A");
    expect([loaded, runner.exits.map(({ code }) => code)]).toEqual([undefined, [78]]);
    expect(runner.exits[0]?.reason).toContain("directory.id");
  });

  it.each(["list", "read", "truncate", "append", "sync", "rename"] as const)("ends where the disk fails at %s, rather than wait for ever", (type) => {
    const disk = new PowerDisk();
    if (type === "read") disk.write("meta.properties", encodeUtf8("node.id=1\n"));
    disk.failing = { type, code: "EIO" };
    expect(start(disk, "A").runner.exits[0]?.code).toBe(74);
  });
});
