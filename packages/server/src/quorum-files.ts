import { invariant, type Now } from "@samsa/stdx";
import { crc32c } from "@samsa/protocol/records";
import type { Completable, Completion, EffectId, Outbox } from "@samsa/world";
import { CorruptSnapshotError, CorruptWalError, recover, type Recovery } from "raft-ts";
import { CheckpointFile } from "./checkpoint-file.ts";
import { FullDiskRetries } from "./full-disk-retries.ts";
import { FileReader } from "./file-reader.ts";

/** Where the metadata quorum's terms, votes, entries and snapshot live, relative to the data directory. Ours, not Kafka's format. */
export const QUORUM_DIRECTORY = "__cluster_metadata-0";
const WAL_NAME = "quorum.wal";
const SNAPSHOT_NAME = "quorum.snapshot";
const WAL = `${QUORUM_DIRECTORY}/${WAL_NAME}`;

/** Stands for a sync that has come back while the directory's has not. */
const SYNCED = 0 as EffectId;

interface Appending {
  readonly bytes: Uint8Array;
  /** Where the file ended, and ends again should there be no room. */
  readonly position: number;
  readonly append: EffectId;
  /** The sync of the file, or SYNCED. */
  readonly sync: EffectId;
  readonly done: (now: Now) => void;
}

/**
 * The quorum's two files over the world's disk: the write-ahead log, which is appended to and synced, or replaced as a whole; and the newest
 * snapshot, which is replaced as a whole. A failed write or sync ends the process: after it nobody knows what the disk holds, and only a
 * restart reads it again. A full disk is waited for: nothing of what did not fit was promised to anybody, for Raft hears of a write when it is
 * durable. Meanwhile the node is a voter that is slow: it grants no vote, commits nothing by itself, and can't be elected. So is their directory,
 * at the first start: Raft does not run before it is there.
 *
 *     appending and syncing ──no room, and the sync is over──▶ waiting ──FULL_DISK_RETRY_MS──▶ cutting to where the file ended ──▶ appending anew
 */
export class QuorumFiles implements Completable {
  private readonly outbox: Outbox;
  private readonly wal: CheckpointFile;
  private readonly snapshot: CheckpointFile;
  private walEnd = 0;
  private appending: Appending | undefined;
  private making: EffectId | undefined;
  private directorySync: EffectId | undefined;
  private isNamed = false;
  /** A cut of the log to where it ended before there was no room. */
  private cutting: EffectId | undefined;
  private hasNoRoom = false;
  private walGeneration = 0;
  /** Of writes for which there was no room. */
  readonly retries = new FullDiskRetries();
  private recovered: ((recovery: Recovery, now: Now) => void) | undefined;

  constructor(outbox: Outbox) {
    this.outbox = outbox;
    this.wal = new CheckpointFile({ outbox, directory: QUORUM_DIRECTORY, name: WAL_NAME, isUrgent: true, retries: this.retries });
    this.snapshot = new CheckpointFile({ outbox, directory: QUORUM_DIRECTORY, name: SNAPSHOT_NAME, isUrgent: true, retries: this.retries });
  }

  /** Reads both; `done` is called when what was read is durable, and not at all where it is damaged: then the process ends. */
  recover(done: (recovery: Recovery, now: Now) => void): void {
    this.recovered = done;
    this.makeDirectory();
  }

  private makeDirectory(): void {
    this.making = this.outbox.request({ type: "make-directory", path: QUORUM_DIRECTORY }, this);
  }

  /** Appends to the write-ahead log; `done` is called when it is durable, the names of the file and of its directory included. One at a time. */
  append(bytes: Uint8Array, done: (now: Now) => void): void {
    invariant(this.appending === undefined, "one write is under way at a time");
    this.write(bytes, done);
  }

  private write(bytes: Uint8Array, done: (now: Now) => void): void {
    const position = this.walEnd;
    const append = this.outbox.request({ type: "append", path: WAL, position, buffers: [bytes], isUrgent: true }, this);
    this.walEnd += bytes.length;
    this.appending = { bytes, position, append, sync: this.outbox.request({ type: "sync", path: WAL, isUrgent: true }, this), done };
  }

  /** The sync behind the write that found no room has ended, and proves nothing. */
  private rest(now: Now): void {
    const { appending } = this;
    invariant(appending !== undefined, "what found no room is waited for");
    this.hasNoRoom = false;
    this.walEnd = appending.position;
    this.waitForRoom(WAL, now, () => {
      this.walGeneration++;
      this.cutting = this.outbox.request({ type: "truncate", path: WAL, length: appending.position, generation: this.walGeneration, isUrgent: true }, this);
    });
  }

  private waitForRoom(path: string, now: Now, again: () => void): void {
    this.outbox.trace({ kind: "disk-full", path, because: "the node takes no part in the metadata quorum until there is room" });
    this.retries.add(again, now);
  }

  private writeAgain(): void {
    const { appending } = this;
    this.cutting = undefined;
    this.appending = undefined;
    if (appending !== undefined) this.write(appending.bytes, appending.done);
  }

  /** `bytes` take the place of the whole write-ahead log. */
  replace(bytes: Uint8Array, done: (now: Now) => void): void {
    invariant(this.appending === undefined, "one write is under way at a time");
    this.isNamed = true;
    this.wal.write(bytes, (now) => {
      this.walEnd = bytes.length;
      done(now);
    });
  }

  /** `file` takes the place of the snapshot. One at a time. */
  storeSnapshot(file: Uint8Array, done: (now: Now) => void): void {
    this.snapshot.write(file, done);
  }

  complete(completion: Completion, now: Now): void {
    const isUnmade = completion.type === "failed" && completion.error.code === "ENOENT" && this.appending?.position === 0;
    const foundNoRoom = completion.type === "failed" && completion.error.code === "ENOSPC";
    if (completion.id === this.cutting && (completion.type === "truncated" || isUnmade)) this.writeAgain();
    else if (foundNoRoom && completion.id === this.appending?.append) this.hasNoRoom = true;
    else if (foundNoRoom && completion.id === this.making) this.waitForRoom(QUORUM_DIRECTORY, now, () => this.makeDirectory());
    else if (this.hasNoRoom && completion.id === this.appending?.sync && (completion.type === "synced" || isUnmade)) this.rest(now);
    else if (completion.type === "failed") {
      const reason = `the metadata log could not be written: ${completion.error.code} ${completion.error.detail}`;
      this.outbox.emit({ type: "exit", code: 74, reason });
      // The sync of a write that failed may still return: it proves nothing.
      this.appending = undefined;
    } else if (completion.type === "directory-made") {
      // Nothing below counts before the directory's own name lasts.
      this.directorySync = this.outbox.request({ type: "sync-directory", path: "" }, this);
    } else if (completion.type === "synced" && completion.id === this.directorySync) {
      this.directorySync = undefined;
      if (this.recovered !== undefined) this.read();
      else this.settle(now);
    } else if (completion.type === "synced" && completion.id === this.appending?.sync) {
      this.appending = { ...this.appending, sync: SYNCED };
      // Not before the file is there: a sync of its directory that came earlier would have covered nothing.
      if (!this.isNamed) this.directorySync = this.outbox.request({ type: "sync-directory", path: QUORUM_DIRECTORY, isUrgent: true }, this);
      this.isNamed = true;
      this.settle(now);
    }
  }

  private settle(now: Now): void {
    const { appending } = this;
    if (appending?.sync !== SYNCED || this.directorySync !== undefined) return;
    this.appending = undefined;
    appending.done(now);
  }

  private read(): void {
    const { outbox } = this;
    const read = (name: string, done: (content: Uint8Array, now: Now) => void): void =>
      new FileReader({ outbox, directory: QUORUM_DIRECTORY, name, done }).start();
    read(SNAPSHOT_NAME, (snapshot) => read(WAL_NAME, (wal, now) => this.found(wal, snapshot, now)));
  }

  /**
   * What was read may be in the page cache alone, and Raft takes all of it for durable. A sync would not prove it: after one that
   * failed, the kernel may call the pages clean that it could not write (fsyncgate). So it is written anew, without a torn tail,
   * synced, and put in the place of the old file before Raft runs.
   */
  private found(wal: Uint8Array, snapshot: Uint8Array, now: Now): void {
    const recovery = readFiles(wal, snapshot);
    if (recovery instanceof Error) {
      const reason = `the metadata log is damaged: ${recovery.message}; docs/ERRORS.md, ${recovery.code}, says how to bring the node back`;
      return this.outbox.emit({ type: "exit", code: 74, reason });
    }
    const { recovered, validBytes, droppedBytes } = recovery;
    const endOffset = recovered.base.index + recovered.entries.length;
    this.outbox.trace({ kind: "log-recovered", path: WAL, endOffset, droppedBytes });
    const run = (at: Now): void => {
      const { recovered: done } = this;
      this.recovered = undefined;
      done?.(recovery, at);
    };
    const rewriteLog = (at: Now): void => (wal.length === 0 ? run(at) : this.replace(wal.subarray(0, validBytes), run));
    if (snapshot.length === 0) rewriteLog(now);
    else this.storeSnapshot(snapshot, rewriteLog);
  }
}

/** Damage before the tail is no torn write: records that Raft answered for are gone. */
function readFiles(wal: Uint8Array, snapshot: Uint8Array): Recovery | CorruptWalError | CorruptSnapshotError {
  try {
    return recover(wal, snapshot.length === 0 ? undefined : snapshot, crc32c);
  } catch (error) {
    if (error instanceof CorruptWalError || error instanceof CorruptSnapshotError) return error;
    throw error;
  }
}
