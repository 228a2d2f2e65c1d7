import { randomInt } from "node:crypto";
import type { Server } from "node:net";
import type { Endpoint, WorldPorts } from "@samsa/world";
import { readBootId } from "./boot-id.ts";
import { NodeClock } from "./clock.ts";
import { NodeDisk } from "./disk.ts";
import { NodeNetwork } from "./network.ts";
import { PiecePool } from "./piece-pool.ts";
import { NO_TRACE } from "./trace-to-fd.ts";
import type { NodeTrace } from "./trace-to-fd.ts";

/** Seeds are drawn from [0, 2^47): the widest that `randomInt` gives. */
const SEEDS = 2 ** 47;

export interface NodeWorldOptions {
  /** Everything the node keeps is below it. Lock it first (`lockDataDirectory`). */
  readonly dataDir: string;
  /** Log directories beside it, in their order: a path that begins with `@1/` lies in the first of these. */
  readonly furtherDirs?: readonly string[];
  /** The node asks to end; the process should, with this code. */
  readonly onExit: (code: number, reason: string) => void;
  /** Nobody listens if it is left out. */
  readonly trace?: NodeTrace;
  /** Drawn by the system if it is left out. */
  readonly seed?: number;
  readonly dialTimeoutMs?: number;
  readonly openFilesMax?: number;
  /** See `NodeNetworkOptions`. */
  readonly reserved?: (endpoint: Endpoint) => Server | undefined;
}

export interface NodeWorld extends WorldPorts {
  readonly disk: NodeDisk;
  readonly network: NodeNetwork;
  /** Resets every connection, stops listening, lets disk operations finish and closes the files. The same promise each time. */
  close(): Promise<void>;
  /** As `close`, but connections end as those of a process that was killed. For a world that shares its process with others. */
  kill(): Promise<void>;
}

/** The real world for one node. It keeps the process alive while it listens, is connected or waits for a deadline. */
export function createNodeWorld(options: NodeWorldOptions): NodeWorld {
  const { dataDir, furtherDirs = [], onExit, trace = NO_TRACE, openFilesMax, dialTimeoutMs, reserved } = options;
  const pieces = new PiecePool();
  const disk = new NodeDisk({ dataDir, furtherDirs, pieces, ...(openFilesMax === undefined ? {} : { openFilesMax }) });
  const network = new NodeNetwork({ pieces, ...(dialTimeoutMs === undefined ? {} : { dialTimeoutMs }), ...(reserved === undefined ? {} : { reserved }) });
  const clock = new NodeClock();
  let closed: Promise<void> | undefined;
  const closeAll = (isKilled: boolean): Promise<void> => {
    clock.close();
    return new Promise((resolve) => network.close(() => disk.close(resolve), isKilled));
  };
  return {
    disk,
    network,
    clock,
    trace,
    seed: options.seed ?? randomInt(SEEDS),
    bootId: readBootId(),
    exit: (code, reason) => {
      trace.flush();
      onExit(code, reason);
    },
    close: () => (closed ??= closeAll(false)),
    kill: () => (closed ??= closeAll(true)),
  };
}
