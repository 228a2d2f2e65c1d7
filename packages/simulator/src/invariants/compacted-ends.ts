import type { Effect } from "@samsa/world";
import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";

/** What compaction has made of a segment, whole and about to take its place. */
const CLEANED = ".cleaned";

/**
 * Tells the ghost up to where batches may not be as they were written, before anybody compares them: what a round takes the place of lies below the high
 * watermark of the replica that compacts. Told by the sync of what it has made, for a round that is cut short later, by its process's death or by a new
 * leader, has changed what it has changed.
 */
export function noteCompaction(view: NodeView, ghost: Ghost, effects: readonly Effect[]): void {
  for (const effect of effects) {
    if (effect.type !== "sync" || !effect.path.endsWith(CLEANED)) continue;
    const path = effect.path.slice(0, -CLEANED.length);
    for (const hosted of view.node.broker?.replicas.all() ?? [])
      if (hosted.log.segmentPaths.includes(path)) ghost.partition(hosted).compactedUpTo(hosted.replica.highWatermark, hosted.log.latestEpoch);
  }
}
