import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Done, Outcome } from "@samsa/world";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { NodeDisk } from "../src/disk.ts";
import { eventually } from "./eventually.ts";

const directory = mkdtempSync(join(tmpdir(), "samsa-disk-"));
afterAll(() => rmSync(directory, { recursive: true }));
let runs = 0;

const FILES = ["a", "b", "c", "d", "e"];
const file = fc.constantFrom(...FILES);
const operation = fc.oneof(
  fc.record({ type: fc.constant("append" as const), path: file, bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
  fc.record({ type: fc.constant("truncate" as const), path: file, length: fc.nat(20) }),
  fc.record({ type: fc.constant("rename" as const), path: file, to: file }),
  fc.record({ type: fc.constant("delete" as const), path: file }),
  fc.record({ type: fc.constant("sync" as const), path: file }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

const call = <T>(start: (done: (outcome: Outcome<T>) => void) => void): Promise<Outcome<T>> => new Promise(start);

/** What a file system does, in memory. */
function model(files: Map<string, number[]>, one: Operation): boolean {
  const content = files.get(one.path);
  if (one.type === "append") {
    files.set(one.path, [...(content ?? []), ...one.bytes]);
    return true;
  }
  if (content === undefined) return false;
  if (one.type === "truncate")
    files.set(
      one.path,
      Array.from({ length: one.length }, (_, index) => content[index] ?? 0),
    );
  if (one.type === "delete" || one.type === "rename") files.delete(one.path);
  if (one.type === "rename") files.set(one.to, content);
  return true;
}

/** What this process holds open there, as Linux tells it. */
function openFilesBelow(path: string): string[] {
  const links = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  });
  return links.filter((link) => link.startsWith(path));
}

function perform(disk: NodeDisk, one: Operation, position: number): Promise<Outcome<void>> {
  if (one.type === "append") return call((done) => disk.append({ path: one.path, position }, [one.bytes.subarray(0, 1), one.bytes.subarray(1)], done));
  if (one.type === "truncate") return call((done) => disk.truncate(one.path, one.length, done));
  if (one.type === "rename") return call((done) => disk.rename(one.path, one.to, done));
  if (one.type === "delete") return call((done) => disk.delete(one.path, done));
  return call((done) => disk.sync(one.path, done));
}

it("is a file system, with two descriptors for five files and a reader that never rests", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
      const disk = new NodeDisk({ dataDir: join(directory, `run-${runs++}`), openFilesMax: 2 });
      await call((done) => disk.makeDirectory(".", done));
      const files = new Map<string, number[]>();
      for (const one of operations) {
        const position = files.get(one.path)?.length ?? 0;
        const performed = perform(disk, one, position);
        // Reads that open files while names change their meaning.
        for (const path of FILES) disk.read(path, 0, 1, () => {});
        expect(disk.openFiles).toBeLessThanOrEqual(2);
        const outcome = await performed;
        expect(outcome.ok).toBe(model(files, one));
      }
      for (const path of FILES) {
        const content = files.get(path);
        const read = await call<Uint8Array>((done) => disk.read(path, 0, content?.length ?? 1, done));
        expect(read.ok ? [...read.value] : read.error.code).toEqual(content ?? "ENOENT");
      }
      const list = await call<readonly { name: string; size: number }[]>((done) => disk.list(".", done));
      expect(list.ok && list.value.map(({ name, size }) => [name, size])).toEqual([...files].map(([name, content]) => [name, content.length]).sort());
      expect(disk.openFiles).toBeLessThanOrEqual(2);
      await new Promise<void>((resolve) => disk.close(resolve));
      expect(await eventually(() => openFilesBelow(directory).length === 0)).toBe(true);
    }),
    { numRuns: 60, seed: 20_261_121 },
  );
});

it("has no more files open than its budget, however many are wanted at once; syncs that wait for one outlive a delete and a rename", async () => {
  const disk = new NodeDisk({ dataDir: join(directory, `run-${runs++}`), openFilesMax: 3 });
  await call((done) => disk.makeDirectory(".", done));
  let opened = 0;
  const look = (): void => void (opened = Math.max(opened, openFilesBelow(directory).length));
  const paths = Array.from({ length: 100 }, (_, index) => `file-${index}`);
  const all = async (work: (path: string, done: Done<void>) => void): Promise<readonly boolean[]> =>
    Promise.all(paths.map(async (path) => (await call<void>((done) => work(path, (outcome) => (look(), done(outcome))))).ok));
  expect(await all((path, done) => disk.append({ path, position: 0 }, [new Uint8Array(8)], done))).not.toContain(false);
  const synced = all((path, done) => disk.sync(path, done));
  const renamed = all((path, done) => (path < "file-5" ? disk.delete(path, done) : disk.rename(path, `${path}-new`, done)));
  expect([await synced, await renamed].flat()).not.toContain(false);
  expect(opened).toBeLessThanOrEqual(3);
  await new Promise<void>((resolve) => disk.close(resolve));
  expect(await eventually(() => openFilesBelow(directory).length === 0)).toBe(true);
});

it("refuses paths that lead out of the data directory", async () => {
  const disk = new NodeDisk({ dataDir: join(directory, "inside") });
  for (const path of ["../outside", "a/../../outside", "nul\0byte"]) {
    const outcome = await call<void>((done) => disk.append({ path, position: 0 }, [Uint8Array.of(1)], done));
    expect(outcome.ok ? "ok" : outcome.error.code).toBe("EACCES");
  }
  const renamed = await call<void>((done) => disk.rename("a", "../b", done));
  expect(renamed.ok ? "ok" : renamed.error.code).toBe("EACCES");
});

it("finishes what is under way when it closes, and does nothing after", async () => {
  const disk = new NodeDisk({ dataDir: directory });
  const writing = call<void>((done) => disk.append({ path: "late", position: 0 }, [Uint8Array.of(1)], done));
  let isWritten = false;
  void writing.then(() => (isWritten = true));
  await new Promise<void>((resolve) => disk.close(resolve));
  await writing;
  expect(isWritten).toBe(true);
  const after = await call<void>((done) => disk.append({ path: "late", position: 1 }, [Uint8Array.of(1)], done));
  expect(after.ok ? "ok" : after.error.code).toBe("EIO");
});

it("begins an urgent sync before those that wait, of which there may be thousands", async () => {
  const dataDir = join(directory, `run-${runs++}`);
  mkdirSync(dataDir);
  const disk = new NodeDisk({ dataDir });
  const waiting = Array.from({ length: 500 }, (_, index) => `partition-${index}`);
  for (const path of [...waiting, "quorum"]) await call<void>((done) => disk.append({ path, position: 0 }, [Uint8Array.of(1)], done));
  const finished: string[] = [];
  const sync = async (path: string, isUrgent: boolean): Promise<void> => {
    expect(await call<void>((done) => disk.sync(path, done, isUrgent))).toMatchObject({ ok: true });
    finished.push(path);
  };
  const others = waiting.map((path) => sync(path, false));
  await sync("quorum", true);
  expect(finished.length).toBeLessThan(waiting.length / 2);
  await Promise.all(others);
  await new Promise<void>((closed) => disk.close(closed));
});

it("opens and writes a file of the quorum before the thousands that wait for a descriptor", async () => {
  const dataDir = join(directory, `run-${runs++}`);
  mkdirSync(dataDir);
  const disk = new NodeDisk({ dataDir, openFilesMax: 4 });
  let finished = 0;
  const partitions = Array.from({ length: 500 }, async (_, index) => {
    expect(await call<void>((done) => disk.append({ path: `partition-${index}`, position: 0 }, [Uint8Array.of(1)], done))).toMatchObject({ ok: true });
    finished++;
  });
  const isUrgent = true;
  const empty = await call<void>((done) => disk.truncate("quorum", 0, done, isUrgent));
  expect(empty).toMatchObject({ error: { code: "ENOENT" } });
  for (const position of [0, 1])
    expect(await call<void>((done) => disk.append({ path: "quorum", position, isUrgent }, [Uint8Array.of(1)], done))).toMatchObject({ ok: true });
  // Not behind the sync, which takes as long as the disk takes.
  expect(finished).toBeLessThan(partitions.length / 2);
  expect(await call<void>((done) => disk.sync("quorum", done, isUrgent))).toMatchObject({ ok: true });
  await Promise.all(partitions);
  await new Promise<void>((closed) => disk.close(closed));
});

it("keeps no descriptor for a sync that waits for its turn: others open their files meanwhile", async () => {
  const dataDir = join(directory, `run-${runs++}`);
  mkdirSync(dataDir);
  const disk = new NodeDisk({ dataDir, openFilesMax: 4 });
  const paths = Array.from({ length: 500 }, (_, index) => `partition-${index}`);
  for (const path of paths) await call<void>((done) => disk.append({ path, position: 0 }, [Uint8Array.of(1)], done));
  let synced = 0;
  const syncs = paths.map(async (path) => {
    expect(await call<void>((done) => disk.sync(path, done))).toMatchObject({ ok: true });
    synced++;
  });
  expect(await call<void>((done) => disk.append({ path: "other", position: 0 }, [Uint8Array.of(1)], done))).toMatchObject({ ok: true });
  expect(synced).toBeLessThan(paths.length / 2);
  await Promise.all(syncs);
  await new Promise<void>((closed) => disk.close(closed));
});

it("is one file to urgent operations and to others, and no name of it outlives a delete or a rename for either", async () => {
  const dataDir = join(directory, `run-${runs++}`);
  mkdirSync(dataDir);
  const disk = new NodeDisk({ dataDir });
  const append = (path: string, byte: number, isUrgent: boolean): Promise<Outcome<void>> =>
    call<void>((done) => disk.append({ path, position: 0, isUrgent }, [Uint8Array.of(byte)], done));
  const content = async (path: string): Promise<unknown> => {
    const read = await call<Uint8Array>((done) => disk.read(path, 0, 1, done));
    return read.ok ? read.value[0] : read.error.code;
  };
  await append("quorum", 1, true);
  expect(await content("quorum")).toBe(1);
  await append("next", 2, true);
  await call<void>((done) => disk.rename("next", "quorum", done));
  expect([await content("quorum"), await content("next")]).toEqual([2, "ENOENT"]);
  await append("quorum", 3, true);
  expect(await content("quorum")).toBe(3);
  await call<void>((done) => disk.delete("quorum", done));
  await append("quorum", 4, true);
  expect(readdirSync(dataDir)).toEqual(["quorum"]);
  expect(await content("quorum")).toBe(4);
  await new Promise<void>((closed) => disk.close(closed));
});
