import { decodeUtf8, encodeUtf8 } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { CheckpointFile } from "../src/checkpoint-file.ts";
import { EffectRunner } from "./support/effects.ts";
import { PowerDisk } from "./support/power-disk.ts";

const textOf = (disk: PowerDisk): string | undefined => {
  const content = disk.content("file");
  return content === undefined ? undefined : decodeUtf8(content);
};

/** Runs one write and cuts the power (or kills the process) after that many operations of the disk. */
function interrupted(steps: number, cut: "power" | "kill", before: string | undefined) {
  const disk = new PowerDisk();
  if (before !== undefined) disk.write("file", encodeUtf8(before));
  const runner = new EffectRunner(disk);
  const file = new CheckpointFile({ outbox: runner.outbox, directory: "", name: "file" });
  let isDone = false;
  let isOver = false;
  file.write("new", () => (isDone = true));
  for (let i = 0; i < steps; i++) isOver = !runner.step();
  if (cut === "power") disk.cutPower();
  return { content: textOf(disk), isDone, isOver };
}

describe("A checkpoint file", () => {
  it.each([
    ["power", "old"],
    ["power", undefined],
    ["kill", "old"],
    ["kill", undefined],
  ] as const)("holds the old content or the new, whenever it is interrupted (%s, before: %s)", (cut, before) => {
    const seen = new Set<string | undefined>();
    for (let steps = 0, isOver = false; !isOver; steps++) {
      const result = interrupted(steps, cut, before);
      isOver = result.isOver;
      expect([before, "new"]).toContain(result.content);
      if (result.isDone) expect(result.content).toBe("new");
      seen.add(result.content);
    }
    expect([...seen]).toEqual([before, "new"]);
  });

  it("writes only the newest of what is asked for while another write is under way", () => {
    const disk = new PowerDisk();
    const runner = new EffectRunner(disk);
    const file = new CheckpointFile({ outbox: runner.outbox, directory: "", name: "file" });
    const done: string[] = [];
    for (const content of ["1", "2", "3"]) file.write(content, () => done.push(content));
    runner.run();
    expect([done, textOf(disk)]).toEqual([["1", "3"], "3"]);
  });

  it.each([
    ["append", "ENOSPC"],
    ["append", "ENOENT"],
    ["sync", "EIO"],
    ["sync", "ENOENT"],
    ["rename", "EIO"],
    ["sync-directory", "EIO"],
    ["truncate", "EIO"],
  ] as const)("ends the process when %s fails with %s, and does not say that it is done", (type, code) => {
    const disk = new PowerDisk();
    disk.failing = { type, code };
    const runner = new EffectRunner(disk);
    let isDone = false;
    new CheckpointFile({ outbox: runner.outbox, directory: "", name: "file" }).write("new", () => (isDone = true));
    runner.run();
    expect([runner.exits[0]?.code, isDone]).toEqual([74, false]);
    expect(runner.exits[0]?.reason).toContain("file");
  });

  it.each([
    ["append", "ENOSPC"],
    ["sync", "EIO"],
    ["rename", "EIO"],
    ["truncate", "EIO"],
  ] as const)("keeps the old content when %s fails with %s where that is not the process's end, and is not written any more", (type, code) => {
    const disk = new PowerDisk();
    disk.write("file", encodeUtf8("old"));
    disk.write("file.tmp", encodeUtf8("a part of an older one"));
    disk.failing = { type, code };
    const runner = new EffectRunner(disk);
    const told: string[] = [];
    const file = new CheckpointFile({ outbox: runner.outbox, directory: "", name: "file", failed: (detail) => told.push(detail) });
    file.write("new", () => told.push("done"));
    runner.run();
    disk.failing = undefined;
    file.write("newer", () => told.push("done"));
    runner.run();
    expect([textOf(disk), told.length, runner.exits]).toEqual(["old", 1, []]);
    expect(told[0]).toContain(code);
  });
});
