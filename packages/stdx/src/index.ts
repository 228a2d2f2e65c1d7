export * from "./brand.ts";
export * from "./bytes.ts";
export { DeadlineHeap, type DeadlineHandle } from "./deadline-heap.ts";
export { earlier } from "./earlier.ts";
export { invariant, InvariantViolation, unreachable } from "./invariant.ts";
export { PersistentMap } from "./persistent-map.ts";
export { parseProperties } from "./properties.ts";
export { Prng } from "./prng.ts";
export { decodeUtf8, encodeUtf8, portableUtf8, useUtf8, type Utf8Port } from "./utf8.ts";
