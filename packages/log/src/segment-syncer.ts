import type { Now } from "@samsa/stdx";
import type { Completable, Completion, Outbox } from "@samsa/world";
import type { SyncClaim } from "./log-ends.ts";
import type { Segment } from "./segment.ts";

export interface SyncerEvents {
  synced(claim: SyncClaim, now: Now): void;
  failed(detail: string, now: Now): void;
  /** Whether the segment is still part of the log. */
  isLive(segment: Segment): boolean;
}

/**
 * Syncs the active segment and, for a new file, then its directory. One sync at a time.
 *
 * A failed sync is never tried again: the kernel may have dropped the pages and would call the next one a success.
 */
export class SegmentSyncer implements Completable {
  private readonly outbox: Outbox;
  private readonly directory: string;
  private readonly events: SyncerEvents;
  private current: { readonly segment: Segment; readonly claim: SyncClaim; isDirectory: boolean } | undefined;
  private isStopped = false;

  constructor(options: { readonly outbox: Outbox; readonly directory: string; readonly events: SyncerEvents }) {
    this.outbox = options.outbox;
    this.directory = options.directory;
    this.events = options.events;
  }

  get isBusy(): boolean {
    return this.current !== undefined;
  }

  /** All appends that the claim covers have gone to the outbox. */
  start(segment: Segment, claim: SyncClaim): void {
    this.current = { segment, claim, isDirectory: false };
    segment.syncAskedBytes = segment.emittedBytes;
    this.outbox.request({ type: "sync", path: segment.path }, this);
  }

  stop(): void {
    this.isStopped = true;
  }

  complete(completion: Completion, now: Now): void {
    const { current } = this;
    if (this.isStopped || current === undefined) return;
    const { segment, claim } = current;
    const isLive = this.events.isLive(segment);
    // Of a file that a full disk did not make there is nothing to prove.
    const isUnmade = completion.type === "failed" && completion.error.code === "ENOENT" && segment.writtenBytes === 0;
    if (isUnmade) {
      this.current = undefined;
      this.events.synced(claim, now);
    } else if (completion.type === "failed" && isLive) {
      this.isStopped = true;
      this.events.failed(`syncing ${segment.path} failed: ${completion.error.code} ${completion.error.detail}`, now);
    } else if (completion.type !== "failed" && isLive && !current.isDirectory && !segment.isEntryDurable) {
      current.isDirectory = true;
      this.outbox.request({ type: "sync-directory", path: this.directory }, this);
    } else {
      // A segment that was dropped meanwhile may have been deleted under the sync, which then proves nothing and harms nothing.
      this.current = undefined;
      if (isLive) segment.isEntryDurable = true;
      this.events.synced(claim, now);
    }
  }
}
