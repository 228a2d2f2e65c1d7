import { setFlagsFromString } from "node:v8";

/**
 * V8 by itself marks the whole heap each time some dozen megabytes of buffers were allocated beside it: under load a broker with 12 MiB of
 * objects did so eight times a second, a sixth of its time. Counted together with the heap, buffers are collected by what is really held.
 */
const FLAG = "--external-memory-accounted-in-global-limit";

/** For the whole process; before the load comes. An engine that does not know the flag says so on stderr and goes on. */
export function countBuffersAsHeap(): void {
  setFlagsFromString(FLAG);
}
