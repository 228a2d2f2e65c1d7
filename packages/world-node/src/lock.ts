import { linkSync, mkdirSync, readFileSync, realpathSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mayBeRunning, ownIdentity } from "./process-identity.ts";
import type { ProcessIdentity } from "./process-identity.ts";

export const LOCK_FILE = ".samsa.lock";

/** Another process has the data directory. */
export class DataDirectoryLocked extends Error {
  readonly code = "DATA_DIRECTORY_LOCKED";

  constructor(path: string, holder: ProcessIdentity | undefined) {
    const who = holder === undefined ? "a process that left no name" : `process ${holder.pid} on ${holder.host}`;
    super(`the data directory is in use by ${who}; stop it, or, if you are certain that it is gone, delete ${path}`);
  }
}

/** A data directory can't be made, or written to. */
export class DataDirectoryUnusable extends Error {
  readonly code = "DATA_DIRECTORY_UNUSABLE";

  constructor(path: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`the data directory ${path} can't be used: ${why}; let this user (uid ${process.getuid?.()}) write there, or choose another one`, { cause });
  }
}

export interface DataDirectoryLock {
  release(): void;
}

/** Directories locked by this very process: a second node in it must not take the first for a dead one. */
const ownDirectories = new Set<string>();

/** Tries to take over a stale lock; more would mean that others do the same, and win. */
const TAKEOVERS_MAX = 3;

/**
 * Takes a data directory (made if it is not there) for this process, or throws `DataDirectoryLocked`. A lock whose process is
 * certainly gone is taken over: same host, and its boot, its pid or the start time of that pid is another. Throws `DataDirectoryUnusable` where nothing
 * can be written.
 */
export function lockDataDirectory(dataDir: string): DataDirectoryLock {
  try {
    return lock(dataDir);
  } catch (error) {
    throw error instanceof DataDirectoryLocked ? error : new DataDirectoryUnusable(dataDir, error);
  }
}

function lock(dataDir: string): DataDirectoryLock {
  mkdirSync(dataDir, { recursive: true });
  const directory = realpathSync(dataDir);
  const path = join(directory, LOCK_FILE);
  const own = ownIdentity();
  if (ownDirectories.has(directory)) throw new DataDirectoryLocked(path, own);
  for (let takeover = 0; !create(path, own); takeover++) {
    const holder = readHolder(path);
    if (holder.isThere && (takeover >= TAKEOVERS_MAX || holder.identity === undefined || mayBeRunning(holder.identity)))
      throw new DataDirectoryLocked(path, holder.identity);
    if (holder.isThere) removeStale(path, holder.text);
  }
  ownDirectories.add(directory);
  const release = (): void => {
    if (ownDirectories.delete(directory)) unlinkSync(path);
  };
  return { release };
}

/** Who has the data directory, if it is there and has been locked by somebody who left a name. Whether that process still runs is another question. */
export function lockHolder(dataDir: string): ProcessIdentity | undefined {
  const holder = readHolder(join(dataDir, LOCK_FILE));
  return holder.isThere ? holder.identity : undefined;
}

/** False if somebody has it. The file appears with its content: half a lock would have no name in it. */
function create(path: string, own: ProcessIdentity): boolean {
  const draft = `${path}.${own.pid}`;
  writeFileSync(draft, `${JSON.stringify(own)}\n`);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

/**
 * 1. Two processes judge the same lock stale, 2. one removes it and makes its own, 3. the other would remove that. So the file is
 * first moved aside and looked at again.
 */
function removeStale(path: string, judged: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readFileSync(aside, "utf8") !== judged) linkSync(aside, path);
  unlinkSync(aside);
}

type Holder = { readonly isThere: false } | { readonly isThere: true; readonly text: string; readonly identity: ProcessIdentity | undefined };

function readHolder(path: string): Holder {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return { isThere: false };
  }
  return { isThere: true, text, identity: parseIdentity(text) };
}

function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("pid" in value) || !("host" in value) || !("bootId" in value) || !("startedAt" in value))
      return undefined;
    const { pid, host, bootId, startedAt } = value;
    if (typeof pid !== "number" || typeof host !== "string" || typeof bootId !== "string" || typeof startedAt !== "string") return undefined;
    return { pid, host, bootId, startedAt };
  } catch {
    return undefined;
  }
}
