import { Prng } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { FileSystem } from "../../src/world/index.ts";

const SEEDS = 100;
const text = (files: FileSystem, path: string): number | undefined => files.file(path)?.read(0, 1)?.[0];

function write(files: FileSystem, path: string, value: number): void {
  const file = files.openOrCreate(path);
  file?.write(0, [Uint8Array.of(value)]);
  if (file !== undefined) file.finishSync(file.beginSync());
}

function syncDirectory(files: FileSystem, path: string): void {
  const directory = files.directory(path);
  if (directory !== undefined) files.finishSync(files.beginSync(directory));
}

/** How often each outcome is left by a power loss, over many seeds. */
function outcomes(before: (files: FileSystem) => void, read: (files: FileSystem) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < SEEDS; seed++) {
    const files = new FileSystem();
    before(files);
    files.losePower(new Prng(seed));
    const outcome = read(files);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}

describe("names", () => {
  it("are found where directories are, and are created only there", () => {
    const files = new FileSystem();
    expect(files.openOrCreate("a/b")).toBe(undefined);
    expect(files.makeDirectory("a/c")).toBe(true);
    expect(files.openOrCreate("a/b")).not.toBe(undefined);
    expect(files.makeDirectory("a/b/d")).toBe(false);
    expect(files.openOrCreate("a/c")).toBe(undefined);
    expect(files.rename("a/b", "a/c/e")).toBe(true);
    expect([files.rename("a/b", "x"), files.delete("a/b"), files.delete("a/c/e")]).toEqual([false, false, true]);
  });
});

describe("a power loss", () => {
  it("may take a new file though the file was synced, until its directory is", () => {
    const create = (files: FileSystem): void => write(files, "a", 1);
    const left = outcomes(create, (files) => String(text(files, "a")));
    expect([...left.keys()].sort()).toEqual(["1", "undefined"]);
    const synced = outcomes(
      (files) => {
        create(files);
        syncDirectory(files, "");
      },
      (files) => String(text(files, "a")),
    );
    expect([...synced]).toEqual([["1", SEEDS]]);
  });

  it("may bring back a file that was deleted, with its content", () => {
    const left = outcomes(
      (files) => {
        write(files, "a", 1);
        syncDirectory(files, "");
        files.delete("a");
      },
      (files) => String(text(files, "a")),
    );
    expect([...left.keys()].sort()).toEqual(["1", "undefined"]);
  });

  it("leaves the old file or the new one under a name that was replaced by a rename, never neither", () => {
    const replace = (files: FileSystem): void => {
      write(files, "checkpoint", 1);
      syncDirectory(files, "");
      write(files, "checkpoint.tmp", 2);
      files.rename("checkpoint.tmp", "checkpoint");
    };
    const left = outcomes(replace, (files) => String(text(files, "checkpoint")));
    expect([...left.keys()].sort()).toEqual(["1", "2"]);
    const synced = outcomes(
      (files) => {
        replace(files);
        syncDirectory(files, "");
      },
      (files) => `${text(files, "checkpoint")} ${text(files, "checkpoint.tmp")}`,
    );
    expect([...synced]).toEqual([["2 undefined", SEEDS]]);
  });

  it("may order a rename before the file's data", () => {
    const left = outcomes(
      (files) => {
        write(files, "a", 1);
        syncDirectory(files, "");
        files.openOrCreate("a.tmp")?.write(0, [Uint8Array.of(2)]);
        files.rename("a.tmp", "a");
        syncDirectory(files, "");
      },
      (files) => String(text(files, "a")),
    );
    expect(left.get("2")).toBeGreaterThan(10);
    expect((left.get("0") ?? 0) + (left.get("undefined") ?? 0)).toBeGreaterThan(10);
    expect(left.has("1")).toBe(false);
  });

  it("takes a whole directory whose own name was not synced", () => {
    const left = outcomes(
      (files) => {
        files.makeDirectory("topic-0");
        write(files, "topic-0/log", 1);
        syncDirectory(files, "topic-0");
      },
      (files) => `${files.directory("topic-0") !== undefined} ${text(files, "topic-0/log")}`,
    );
    expect([...left.keys()].sort()).toEqual(["false undefined", "true 1"]);
  });

  it("does not undo what a sync of the directory covered, only what came after the sync began", () => {
    const left = outcomes(
      (files) => {
        write(files, "a", 1);
        const root = files.directory("");
        const ticket = root === undefined ? new Set<never>() : files.beginSync(root);
        write(files, "b", 1);
        files.finishSync(ticket);
      },
      (files) => `${text(files, "a")} ${text(files, "b")}`,
    );
    expect([...left.keys()].sort()).toEqual(["1 1", "1 undefined"]);
  });
});
