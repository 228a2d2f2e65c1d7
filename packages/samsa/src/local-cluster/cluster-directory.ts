import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DataDirectoryLocked, DataDirectoryUnusable, type DataDirectoryLock, lockDataDirectory } from "@samsa/world-node";
import { Unavailable } from "../unavailable.ts";
import { type ClusterFile, formatClusterFile, parseClusterFile } from "./cluster-file.ts";

export const DEFAULT_DIRECTORY = ".samsa";
export const SECRET_FILE = "cluster.secret";
const CLUSTER_FILE = "cluster.json";
const LOCK_RETRY_MS = 20;

export interface NodePaths {
  readonly home: string;
  readonly data: string;
  readonly log: string;
  readonly properties: string;
}

/**
 * Where a local cluster lives.
 *
 *     cluster.json        `ClusterFile`
 *     cluster.secret      what proves that somebody belongs to the cluster; only its user may read it
 *     node-1/             server.properties, as the node was started; node.log; data/
 *
 * The file is replaced as a whole, and only by whoever has the lock: two commands at the same time change it one after the other.
 */
export class ClusterDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  get file(): string {
    return join(this.path, CLUSTER_FILE);
  }

  node(id: number): NodePaths {
    const home = join(this.path, `node-${id}`);
    return { home, data: join(home, "data"), log: join(home, "node.log"), properties: join(home, "server.properties") };
  }

  get isThere(): boolean {
    return existsSync(this.file);
  }

  /** Throws `Unavailable` if there is no cluster. */
  read(): ClusterFile {
    if (!this.isThere) throw new Unavailable(`there is no cluster in ${this.path}; samsa up makes one, and --data DIR names another directory`);
    return parseClusterFile(readFileSync(this.file, "utf8"), this.file);
  }

  secretPath({ secretFile }: ClusterFile): string {
    return join(this.path, secretFile);
  }

  secretOf(file: ClusterFile): Uint8Array {
    return Buffer.from(readFileSync(this.secretPath(file), "utf8").trim(), "utf8");
  }

  /** Under the lock only. */
  write(file: ClusterFile): void {
    const draft = `${this.file}.${process.pid}`;
    writeFileSync(draft, formatClusterFile(file));
    renameSync(draft, this.file);
  }

  /** Under the lock only. One that is there is kept: it is the cluster's name. */
  makeSecret(): void {
    const path = join(this.path, SECRET_FILE);
    if (!existsSync(path)) writeFileSync(path, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
  }

  /** What `change` returns is the file from then on. */
  async update(change: (file: ClusterFile) => ClusterFile): Promise<ClusterFile> {
    return this.locked(() => {
      const changed = change(this.read());
      this.write(changed);
      return changed;
    });
  }

  /** Waits while another command has the lock. Throws `Unavailable` if it has it for `patienceMs`. */
  async locked<T>(act: () => T | Promise<T>, patienceMs = 10_000): Promise<T> {
    const lock = await this.lock(patienceMs);
    try {
      return await act();
    } finally {
      lock.release();
    }
  }

  private async lock(patienceMs: number): Promise<DataDirectoryLock> {
    const endMs = performance.now() + patienceMs;
    for (;;) {
      try {
        return lockDataDirectory(this.path);
      } catch (error) {
        if (!(error instanceof DataDirectoryLocked)) throw this.unusable(error);
        if (performance.now() >= endMs) throw new Unavailable(`another command is at work on the cluster: ${error.message}`);
      }
      await delay(LOCK_RETRY_MS);
    }
  }

  private unusable(error: unknown): Unavailable {
    const cause = error instanceof DataDirectoryUnusable ? error.cause : error;
    const because = cause instanceof Error ? cause.message : String(cause);
    return new Unavailable(`the directory ${this.path} can't be used: ${because}; choose another one with --data DIR`);
  }

  prepareNode(id: number): NodePaths {
    const paths = this.node(id);
    mkdirSync(paths.home, { recursive: true });
    return paths;
  }

  /** Deletes what a cluster has left here, and the directory, if there is nothing else in it. Under the lock, which is deleted too. */
  wipe(file: ClusterFile): void {
    for (const { id } of file.nodes) rmSync(this.node(id).home, { recursive: true, force: true });
    rmSync(this.secretPath(file), { force: true });
    rmSync(this.file, { force: true });
  }

  /** Without the lock: where another command has it, the directory is not empty. */
  removeIfEmpty(): void {
    try {
      rmdirSync(this.path);
    } catch {
      // There is something in it, or it is gone.
    }
  }
}
