import type { TraceBody } from "@samsa/world";

/** One event of a node's trace, as both worlds give it: a line of a process's output, or a call in the simulation. */
export type NodeEvent = TraceBody & { readonly node: number };
