import { setTimeout as delay } from "node:timers/promises";
import { changesBetween } from "../watch/changes.ts";
import { viewOf } from "../watch/cluster-view.ts";
import type { ClusterDirectory } from "./cluster-directory.ts";
import { lookAtCluster, type SeenCluster } from "./cluster-status.ts";

/** What is told of one by one in the foreground; a terminal is no place for more. */
export const FOLLOWED = { topic: null, partitionsMax: 500, groupsMax: 50 } as const;

const INTERVAL_MS = 500;

export interface FollowOptions {
  readonly seen: SeenCluster;
  readonly tell: (sentence: string) => void;
  readonly signal: AbortSignal;
}

/** Tells what happens, in words, until it is aborted or no node runs any more. */
export async function followCluster(directory: ClusterDirectory, { seen, tell, signal }: FollowOptions): Promise<"aborted" | "gone"> {
  let before = viewOf(seen);
  let isFirst = true;
  for (;;) {
    await delay(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return "aborted";
    if (!directory.isThere) return "gone";
    const looked = await lookAtCluster(directory, FOLLOWED);
    const after = viewOf(looked);
    // What was there when the cluster was started is no news.
    const changes = changesBetween(isFirst ? { ...after, nodes: before.nodes } : before, after);
    for (const change of changes) tell(change);
    [before, isFirst] = [after, false];
    if (looked.nodes.every(({ process }) => process === "gone")) return "gone";
  }
}
