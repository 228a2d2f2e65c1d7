import { describe, expect, test } from "vitest";
import { SharedSyncs, SyncGate } from "../src/sync-gate.ts";

/** Syncs that end when the test says so. */
class Disk {
  readonly running: { readonly path: string; readonly done: (outcome: string) => void }[] = [];
  started = 0;

  sync(path: string): (done: (outcome: string) => void) => void {
    return (done) => {
      this.started++;
      this.running.push({ path, done });
    };
  }

  finish(outcome = "synced"): void {
    this.running.shift()?.done(outcome);
  }
}

describe("syncs of one directory", () => {
  test("that were asked for while others had the disk are one, and each is answered", () => {
    const disk = new Disk();
    const syncs = new SharedSyncs<string>(new SyncGate(1));
    const answers: string[] = [];
    syncs.run("busy", disk.sync("busy"), (outcome) => answers.push(outcome));
    for (let partition = 0; partition < 1_000; partition++) syncs.run("data", disk.sync("data"), (outcome) => answers.push(outcome));
    while (disk.running.length > 0) disk.finish();
    expect([disk.started, answers.length]).toEqual([2, 1_001]);
  });

  test("that has begun does not serve who comes later, for it may not cover what came in between", () => {
    const disk = new Disk();
    const syncs = new SharedSyncs<string>(new SyncGate(2));
    const answers: string[] = [];
    syncs.run("data", disk.sync("data"), () => answers.push("first"));
    syncs.run("data", disk.sync("data"), () => answers.push("second"));
    expect(disk.started).toBe(2);
    disk.finish();
    expect(answers).toEqual(["first"]);
  });

  test("fail for all whom they serve", () => {
    const disk = new Disk();
    const syncs = new SharedSyncs<string>(new SyncGate(1));
    const answers: string[] = [];
    syncs.run("busy", disk.sync("busy"), () => undefined);
    for (let partition = 0; partition < 3; partition++) syncs.run("data", disk.sync("data"), (outcome) => answers.push(outcome));
    disk.finish();
    disk.finish("EIO");
    expect(answers).toEqual(["EIO", "EIO", "EIO"]);
  });

  test("that waits is told of when it begins, one that has begun is not waited for", () => {
    const disk = new Disk();
    const syncs = new SharedSyncs<string>(new SyncGate(1));
    const told: string[] = [];
    syncs.run("busy", disk.sync("busy"), () => told.push("busy is synced"));
    syncs.whenBegun("busy", () => told.push("busy has begun"));
    syncs.run("data", disk.sync("data"), () => told.push("data is synced"));
    syncs.whenBegun("data", () => told.push(`data has begun: ${disk.running[0]?.path}`));
    expect(told).toEqual(["busy has begun"]);
    disk.finish();
    expect(told).toEqual(["busy has begun", "data has begun: data", "busy is synced"]);
  });
});
