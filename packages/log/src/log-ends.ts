import { invariant } from "@samsa/stdx";

/** What a sync that is under way will prove; a truncation lowers it. */
export interface SyncClaim {
  endOffset: number;
}

/**
 * How far a log has come: syncedEnd ≤ writtenEnd ≤ fileEnd ≤ appendedEnd. Appends and syncs that were under way when the log
 * was truncated prove only what is left of them.
 *
 * With `flush.messages` a record counts as written only while fewer than that many stand behind the last sync, so that
 * what is acknowledged and would not survive a power cut is bounded as it is in Kafka.
 */
export class LogEnds {
  /** After the last record accepted in memory. */
  appendedEnd = 0;
  /** After the last record whose write returned. */
  fileEnd = 0;
  /** What of `fileEnd` may be told. */
  writtenEnd = 0;
  syncedEnd = 0;
  private readonly claims = new Set<SyncClaim>();

  /** The ends stand at `offset`: the log was recovered, or begins anew there. What recovery found may not be synced. */
  reset(offset: number, syncedEnd: number = offset): void {
    this.appendedEnd = offset;
    this.fileEnd = offset;
    this.writtenEnd = offset;
    this.syncedEnd = syncedEnd;
    for (const claim of this.claims) claim.endOffset = Math.min(claim.endOffset, offset);
  }

  truncate(offset: number): void {
    this.appendedEnd = Math.min(this.appendedEnd, offset);
    this.fileEnd = Math.min(this.fileEnd, offset);
    this.writtenEnd = Math.min(this.writtenEnd, offset);
    this.syncedEnd = Math.min(this.syncedEnd, offset);
    for (const claim of this.claims) claim.endOffset = Math.min(claim.endOffset, offset);
  }

  /** A sync of everything before `endOffset` is about to be asked for. */
  claim(endOffset: number): SyncClaim {
    const claim = { endOffset };
    this.claims.add(claim);
    return claim;
  }

  /** An append has failed for want of room: the syncs under way cover nothing behind what is written. */
  foundNoRoom(): void {
    for (const claim of this.claims) claim.endOffset = Math.min(claim.endOffset, this.fileEnd);
  }

  /** The sync will not be asked for: its segment was dropped. */
  abandon(claim: SyncClaim): void {
    this.claims.delete(claim);
  }

  written(endOffset: number, flushMessages: number | undefined): boolean {
    this.fileEnd = Math.max(this.fileEnd, endOffset);
    return this.publish(this.syncedEnd, flushMessages);
  }

  /** Returns whether an end moved. */
  synced(claim: SyncClaim, flushMessages: number | undefined): boolean {
    this.claims.delete(claim);
    const before = this.syncedEnd;
    this.syncedEnd = Math.max(before, claim.endOffset);
    return this.publish(before, flushMessages);
  }

  private publish(syncedBefore: number, flushMessages: number | undefined): boolean {
    const writtenBefore = this.writtenEnd;
    const isBounded = flushMessages !== undefined && this.fileEnd - this.syncedEnd >= flushMessages;
    this.writtenEnd = Math.max(this.writtenEnd, isBounded ? this.syncedEnd : this.fileEnd);
    invariant(this.syncedEnd <= this.writtenEnd && this.writtenEnd <= this.fileEnd && this.fileEnd <= this.appendedEnd, "the ends of a log are ordered", {
      syncedEnd: this.syncedEnd,
      writtenEnd: this.writtenEnd,
      fileEnd: this.fileEnd,
      appendedEnd: this.appendedEnd,
    });
    return this.writtenEnd !== writtenBefore || this.syncedEnd !== syncedBefore;
  }
}
