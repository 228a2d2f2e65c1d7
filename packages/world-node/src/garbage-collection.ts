import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * V8 by itself marks the whole heap each time some dozen megabytes of buffers were allocated beside it: under load a broker with 12 MiB of
 * objects did so eight times a second, a sixth of its time. Counted together with the heap, buffers are collected by what is really held.
 */
const FLAG = "--external-memory-accounted-in-global-limit";

/** For the whole process; before the load comes. An engine that does not know the flag says so on stderr and goes on. */
export function countBuffersAsHeap(): void {
  setFlagsFromString(FLAG);
}

const LOOK_EVERY_MS = 100;
/** Of buffers, held or not. A broker under load is below it. */
const PRESSURE_BYTES = 64 * 1024 * 1024;
/** Not again before so much more has come. */
const MORE_BYTES = 24 * 1024 * 1024;

/** Of files, after which it is looked at once: a hundred readers at a time allocate more than that in a moment. */
const LOOK_AFTER_READ_BYTES = 8 * 1024 * 1024;

let readSinceLook = 0;
let look = (): void => undefined;

/** Bytes that were read from a file into memory of their own. */
export function countRead(bytes: number): void {
  readSinceLook += bytes;
  if (readSinceLook >= LOOK_AFTER_READ_BYTES) look();
}

/**
 * Collects when buffers take much. V8 lets the whole grow to several times what was held after the last collection: a hundred connections that
 * were closed half way through what they sent left a broker with three times the memory that it used.
 */
export function collectUnderPressure(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") return;
  let held = 0;
  look = (): void => {
    readSinceLook = 0;
    const { arrayBuffers } = process.memoryUsage();
    held = Math.min(held, arrayBuffers);
    if (arrayBuffers < PRESSURE_BYTES || arrayBuffers < held + MORE_BYTES) return;
    collect();
    held = process.memoryUsage().arrayBuffers;
  };
  setInterval(() => look(), LOOK_EVERY_MS).unref();
}
