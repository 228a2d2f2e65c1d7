import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { DataDirectoryLocked, DataDirectoryUnusable, LOCK_FILE, lockDataDirectory, readBootId } from "../src/index.ts";
import { ownIdentity } from "../src/process-identity.ts";

let directory = "";
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "samsa-lock-"))));
afterEach(() => rmSync(directory, { recursive: true }));

const leave = (holder: object): void => writeFileSync(join(directory, LOCK_FILE), JSON.stringify(holder));
/** A process of that pid is certainly there: this one's parent. */
const parent = { ...ownIdentity(), pid: process.ppid };

it("takes a directory that is not there yet, names the holder in it, and gives it back", () => {
  const path = join(directory, "new", "data");
  const lock = lockDataDirectory(path);
  expect(JSON.parse(readFileSync(join(path, LOCK_FILE), "utf8"))).toMatchObject({ pid: process.pid, host: hostname(), bootId: readBootId() });
  lock.release();
  expect(existsSync(join(path, LOCK_FILE))).toBe(false);
  lockDataDirectory(path).release();
});

it("says which directory can't be used, and why: one that is a file, and one within it", () => {
  const file = join(directory, "file");
  writeFileSync(file, "");
  for (const path of [file, join(file, "data")]) {
    expect(() => lockDataDirectory(path)).toThrow(DataDirectoryUnusable);
    expect(() => lockDataDirectory(path)).toThrow(`the data directory ${path} can't be used: E`);
  }
});

it("refuses a second node in the same process", () => {
  const lock = lockDataDirectory(directory);
  expect(() => lockDataDirectory(directory)).toThrow(DataDirectoryLocked);
  lock.release();
});

it("refuses a directory of a process that runs, naming it and the file", () => {
  const startedAt = readFileSync(`/proc/${process.ppid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19];
  leave({ ...parent, startedAt });
  expect(() => lockDataDirectory(directory)).toThrow(`in use by process ${process.ppid} on ${hostname()}`);
  expect(() => lockDataDirectory(directory)).toThrow(LOCK_FILE);
});

it("refuses a directory of another host, which it can't see, and one of a holder it can't read", () => {
  leave({ ...parent, host: "elsewhere", pid: 1, bootId: "other" });
  expect(() => lockDataDirectory(directory)).toThrow("process 1 on elsewhere");
  writeFileSync(join(directory, LOCK_FILE), "half a li");
  expect(() => lockDataDirectory(directory)).toThrow("left no name");
});

it("takes over from a process that is gone, whose pid is another's now, or whose host was booted since", () => {
  for (const holder of [
    { ...parent, pid: 2 ** 22 + 1 },
    { ...parent, startedAt: "1" },
    { ...parent, bootId: "an earlier boot" },
    { ...ownIdentity(), startedAt: "1" },
  ]) {
    leave(holder);
    lockDataDirectory(directory).release();
  }
});
