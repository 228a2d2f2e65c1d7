import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ClusterDirectory } from "../../src/local-cluster/cluster-directory.ts";
import { clusterFile } from "./cluster-records.ts";

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "samsa-cluster-"));
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

test("changes at the same time are made one after the other: none is lost", async () => {
  const one = new ClusterDirectory(path);
  await one.locked(() => one.write(clusterFile()));
  const cuts = Array.from({ length: 10 }, (_, index) => ({ a: [index], b: [index + 1] }));
  await Promise.all(cuts.map((cut) => new ClusterDirectory(path).update((file) => ({ ...file, cuts: [...file.cuts, cut] }))));
  expect(one.read().cuts.toSorted((x, y) => (x.a[0] ?? 0) - (y.a[0] ?? 0))).toEqual(cuts);
  expect(readdirSync(path)).toEqual(["cluster.json"]);
});

test("whoever waits too long for another command is told who it is", async () => {
  const directory = new ClusterDirectory(path);
  await directory.locked(async () => {
    await expect(directory.locked(() => undefined, 0)).rejects.toThrow(
      `another command is at work on the cluster: the data directory is in use by process ${process.pid}`,
    );
  });
});

test("a directory without a cluster says how to make one, and one that can't be used says why", async () => {
  expect(() => new ClusterDirectory(path).read()).toThrow(`there is no cluster in ${path}; samsa up makes one`);
  writeFileSync(join(path, "a-file"), "");
  await expect(new ClusterDirectory(join(path, "a-file", "x")).locked(() => undefined)).rejects.toThrow("choose another one with --data DIR");
});

test("only its user may read the secret, and it stays the same", async () => {
  const directory = new ClusterDirectory(path);
  directory.makeSecret();
  const secret = directory.secretOf(clusterFile());
  directory.makeSecret();
  expect(directory.secretOf(clusterFile())).toEqual(secret);
  expect(statSync(join(path, "cluster.secret")).mode & 0o777).toBe(0o600);
});

test("wiping deletes what is the cluster's, and the directory only if nothing else is in it", async () => {
  const directory = new ClusterDirectory(path);
  const fill = (): void => {
    directory.makeSecret();
    directory.write(clusterFile());
    directory.prepareNode(1);
  };
  fill();
  writeFileSync(join(path, "notes.txt"), "mine");
  directory.wipe(clusterFile());
  directory.removeIfEmpty();
  expect(readdirSync(path)).toEqual(["notes.txt"]);
  rmSync(join(path, "notes.txt"));
  fill();
  directory.wipe(clusterFile());
  directory.removeIfEmpty();
  expect(existsSync(path)).toBe(false);
});
