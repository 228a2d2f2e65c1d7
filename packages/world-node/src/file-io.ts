import * as fs from "node:fs";
import type { DirectoryEntry, Outcome } from "@samsa/world";
import { failed, succeeded } from "@samsa/world";
import { diskFailure } from "./system-error.ts";

/** Buffers of one vectored write (IOV_MAX is 1024 on Linux and macOS). */
export const WRITE_BUFFERS_MAX = 1024;

type Written = (outcome: Outcome<void>) => void;

/** Writes all of it, however many writes that takes. */
export function writeFully(fd: number, position: number, buffers: readonly Uint8Array[], done: Written): void {
  const batch = buffers.slice(0, WRITE_BUFFERS_MAX);
  fs.writev(fd, batch, position, (error, written) => {
    if (error !== null) return done(diskFailure(error));
    const rest = remaining(buffers, written);
    if (rest.length === 0) return done(succeeded(undefined));
    if (written === 0) return done(failed("EIO", "a write that wrote nothing"));
    writeFully(fd, position + written, rest, done);
  });
}

/** The buffers without their first `written` bytes, and without empty ones. */
export function remaining(buffers: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  const rest: Uint8Array[] = [];
  let skip = written;
  for (const buffer of buffers) {
    if (buffer.length > skip) rest.push(skip === 0 ? buffer : buffer.subarray(skip));
    skip = Math.max(0, skip - buffer.length);
  }
  return rest;
}

/** Fills `bytes`, or fails with `ESHORT`. */
export function readFully(fd: number, position: number, bytes: Uint8Array, done: (outcome: Outcome<Uint8Array>) => void): void {
  const { length } = bytes;
  const readFrom = (filled: number): void => {
    fs.read(fd, bytes, filled, length - filled, position + filled, (error, count) => {
      if (error !== null) return done(diskFailure(error));
      if (filled + count === length) return done(succeeded(bytes));
      if (count === 0) return done(failed("ESHORT", `wanted ${length} bytes at ${position}, found ${filled}`));
      readFrom(filled + count);
    });
  };
  readFrom(0);
}

/** A directory's entries with sizes, by name. What vanishes meanwhile is left out. */
export function listDirectory(path: string, done: (outcome: Outcome<readonly DirectoryEntry[]>) => void): void {
  fs.readdir(path, (error, names) => {
    if (error !== null) return done(diskFailure(error));
    names.sort(byCodeUnit);
    const entries: DirectoryEntry[] = [];
    // One after the other: a start that lists 10 000 partitions must not fill the threads' queue.
    const next = (index: number): void => {
      const name = names[index];
      if (name === undefined) return done(succeeded(entries));
      fs.stat(`${path}/${name}`, (problem, stats) => {
        if (problem === null) entries.push({ name, isDirectory: stats.isDirectory(), size: stats.isDirectory() ? 0 : stats.size });
        else if (problem.code !== "ENOENT") return done(diskFailure(problem));
        next(index + 1);
      });
    };
    next(0);
  });
}

/** Makes durable which names a directory has. */
export function syncDirectory(path: string, done: Written): void {
  fs.open(path, fs.constants.O_RDONLY, (error, fd) => {
    if (error !== null) return done(diskFailure(error));
    fs.fsync(fd, (problem) => {
      fs.close(fd, () => done(problem === null ? succeeded(undefined) : diskFailure(problem)));
    });
  });
}

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
