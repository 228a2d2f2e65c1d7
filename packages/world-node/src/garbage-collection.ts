import { constants, PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { growthPercent } from "./heap-growth.ts";
import { MemoryPressure, type Relief } from "./memory-pressure.ts";

/**
 * V8 by itself marks the whole heap each time some dozen megabytes of buffers were allocated beside it: under load a broker with 12 MiB of
 * objects did so eight times a second, a sixth of its time. Counted together with the heap, buffers are collected by what is really held.
 */
const FLAG = "--external-memory-accounted-in-global-limit";

/**
 * For the whole process; before the load comes. An engine that does not know the flag says so on stderr and goes on.
 *
 * How far memory grows until the next marking the engine derives from how long the last ones took: two brokers under the same load come to rest
 * once at a marking a second, once at one in ten, and the first spends half as much time again. A small heap is given a growth in bytes instead.
 */
export function countBuffersAsHeap(): void {
  setFlagsFromString(FLAG);
  let percent = 0;
  const setGrowth = (): void => {
    const { heapUsed, external } = process.memoryUsage();
    const wanted = growthPercent(heapUsed + external);
    if (wanted === percent) return;
    percent = wanted;
    setFlagsFromString(`--heap-growing-percent=${percent}`);
  };
  setGrowth();
  const observer = new PerformanceObserver((list) => {
    if (list.getEntries().some(isMarking)) setGrowth();
  });
  observer.observe({ entryTypes: ["gc"] });
}

function isMarking(entry: object): boolean {
  const detail: unknown = "detail" in entry ? entry.detail : undefined;
  return typeof detail === "object" && detail !== null && "kind" in detail && detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}

const LOOK_EVERY_MS = 100;
/** From files and sockets, after which it is looked at once: a hundred readers at a time allocate more than that in a moment. */
export const LOOK_AFTER_READ_BYTES = 8 * 1024 * 1024;

/** Of the space for new objects, from which on it grows no further; it doubles up to twice that by itself. */
const NEW_SPACE_BYTES_MAX = 32 * 1024 * 1024;

/** As V8's `gc` function takes them. */
const COLLECTIONS = {
  scavenge: { type: "minor" },
  collect: { type: "major" },
  "give-back": { type: "major", flavor: "last-resort" },
} as const;

let readSinceLook = 0;
let look = (): void => undefined;

/** Bytes that were read from a file or a socket into memory of their own. */
export function countRead(bytes: number): void {
  readSinceLook += bytes;
  if (readSinceLook >= LOOK_AFTER_READ_BYTES) look();
}

/**
 * Collects when buffers, or memory that is kept for nothing, take much. Where garbage is found late, the memory of buffers grows first to what all of it
 * takes, and stays so: `malloc` keeps most of it. V8 lets the whole grow to several times what was held after the last
 * collection: a hundred connections that were closed half way through what they sent left a broker with three times the memory that it used. And
 * it keeps pages for what may come: ten thousand connections that had gone left 120 MiB of them.
 */
export function collectUnderPressure(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") return;
  const pressure = new MemoryPressure();
  const boundNewSpace = newSpaceBound();
  const relieve = (): Relief => {
    const startMs = performance.now();
    const relief = pressure.look(process.memoryUsage(), startMs);
    if (relief === "none") return relief;
    const usage = process.cpuUsage();
    collect(COLLECTIONS[relief]);
    const endMs = performance.now();
    pressure.relieved(relief, process.memoryUsage(), { startMs: Math.max(startMs, endMs - processorMs(usage)), endMs });
    return relief;
  };
  look = (): void => {
    readSinceLook = 0;
    if (relieve() === "scavenge") relieve();
  };
  const lookAround = (): void => {
    look();
    boundNewSpace();
  };
  setInterval(lookAround, LOOK_EVERY_MS).unref();
}

/** On a machine where others take the processor, time that passes says nothing of what a collection costs: memory would grow for half a minute. */
function processorMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

/**
 * Ten thousand connections that come are ten thousand objects that live: V8 takes that for a program that needs much space for new ones, and keeps
 * it. The option that bounds it is one of the command line; how it grows is asked each time that it does.
 */
function newSpaceBound(): () => void {
  let mayGrow = true;
  return () => {
    const bytes = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.space_size ?? 0;
    if (mayGrow === bytes < NEW_SPACE_BYTES_MAX) return;
    mayGrow = !mayGrow;
    setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`);
  };
}
