import { invariant, type Micros, micros, NO_NODE, type NodeId, type Now, type Prng } from "@samsa/stdx";
import { crc32c } from "@samsa/protocol/records";
import type { Completable, Completion, EffectId, Outbox } from "@samsa/world";
import { CorruptWalError, encodeWrite, type Entry, type Proposed, type RaftMessage, RaftNode, type RaftOutput, recoverWal, type Recovered } from "raft-ts";
import { CheckpointFile } from "./checkpoint-file.ts";
import { FileReader } from "./file-reader.ts";

export interface QuorumEvents {
  /** The write-ahead log has been read; Raft runs from here on. */
  quorumRecovered(now: Now): void;
  send(to: NodeId, message: RaftMessage): void;
  entryCommitted(entry: Entry, now: Now): void;
  roleChanged(role: { readonly isLeader: boolean; readonly term: number; readonly leader: NodeId }, now: Now): void;
}

export interface QuorumOptions {
  readonly self: NodeId;
  readonly voters: readonly NodeId[];
  readonly electionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly appendMaxEntries: number;
  /** Bytes of one entry; see RaftLimits. */
  readonly maxPayloadBytes: number;
  readonly outbox: Outbox;
  readonly prng: Prng;
  readonly events: QuorumEvents;
}

/** Where the metadata quorum's terms, votes and entries live, relative to the data directory. Ours, not Kafka's format. */
export const QUORUM_DIRECTORY = "__cluster_metadata-0";
const WAL_NAME = "quorum.wal";
const WAL = `${QUORUM_DIRECTORY}/${WAL_NAME}`;
/** The directories that hold the names of the file and of its directory. */
const NAMED_IN = [QUORUM_DIRECTORY, ""];

/**
 * Runs one Raft node over the world's disk: a persist becomes one append and one sync of the write-ahead log, and Raft
 * hears of it only when the sync came back. A failed write or sync ends the process: after it nobody knows what the
 * disk holds, and only a restart reads it again.
 */
export class Quorum implements Completable {
  private readonly options: QuorumOptions;
  private raft: RaftNode | undefined;
  private walEnd = 0;
  private syncing: { readonly effect: EffectId; readonly persist: number } | undefined;
  /** Syncs of directories under way: the names of the file and of its directory must be durable too before its first content counts. */
  private readonly directorySyncs = new Set<EffectId>();
  private hasAskedForDirectories = false;
  private recovering: { readonly rootSync: EffectId; readonly recovered: Recovered } | undefined;

  constructor(options: QuorumOptions) {
    this.options = options;
  }

  recover(): void {
    this.options.outbox.request({ type: "make-directory", path: QUORUM_DIRECTORY }, this);
  }

  /** Undefined until the write-ahead log has been read. */
  get node(): RaftNode | undefined {
    return this.raft;
  }

  get nextDeadlineUs(): Micros | undefined {
    const at = this.raft?.nextDeadlineUs;
    return at === undefined ? undefined : micros(at);
  }

  propose(payload: Uint8Array, now: Now): Proposed {
    return this.raft?.propose(payload, now.monotonicUs) ?? NOT_RUNNING;
  }

  received(from: NodeId, message: RaftMessage, now: Now): void {
    this.raft?.step({ type: "message", from, message }, now.monotonicUs);
  }

  peerRefused(peer: NodeId, now: Now): void {
    this.raft?.step({ type: "peer-refused", peer }, now.monotonicUs);
  }

  peerReconnected(peer: NodeId, now: Now): void {
    this.raft?.step({ type: "peer-reconnected", peer }, now.monotonicUs);
  }

  deadline(now: Now): void {
    const { raft } = this;
    if (raft?.nextDeadlineUs !== undefined && raft.nextDeadlineUs <= now.monotonicUs) raft.step({ type: "deadline" }, now.monotonicUs);
  }

  /** Performs what Raft wants done; true if there was anything. */
  drain(now: Now): boolean {
    const outputs = this.raft?.drain();
    if (outputs === undefined || outputs.length === 0) return false;
    for (const output of outputs) this.perform(output, now);
    return true;
  }

  complete(completion: Completion, now: Now): void {
    if (completion.type === "failed") {
      const reason = `the metadata log could not be written: ${completion.error.code} ${completion.error.detail}`;
      this.options.outbox.emit({ type: "exit", code: 74, reason });
      // The sync of a write that failed may still return: it proves nothing.
      this.syncing = undefined;
      return;
    }
    if (completion.type === "directory-made") return this.read();
    const { recovering } = this;
    if (recovering?.rootSync === completion.id) {
      this.recovering = undefined;
      return this.run(recovering.recovered, now);
    }
    this.directorySyncs.delete(completion.id);
    this.releaseSynced(completion.id, now);
  }

  private read(): void {
    const { outbox } = this.options;
    new FileReader({ outbox, directory: QUORUM_DIRECTORY, name: WAL_NAME, done: (content, now) => this.recovered(content, now) }).start();
  }

  private releaseSynced(completed: EffectId, now: Now): void {
    const { syncing } = this;
    if (syncing === undefined) return;
    if (completed === syncing.effect) {
      this.syncing = { ...syncing, effect: SYNCED };
      this.syncDirectories();
    }
    if (this.syncing?.effect !== SYNCED || this.directorySyncs.size > 0) return;
    this.syncing = undefined;
    this.raft?.step({ type: "persisted", id: syncing.persist }, now.monotonicUs);
  }

  private perform(output: RaftOutput, now: Now): void {
    const { outbox, events } = this.options;
    switch (output.type) {
      case "persist":
        return this.persist(output);
      case "send":
        this.traceVote(output.to, output.message);
        return events.send(output.to as NodeId, output.message);
      case "committed":
        for (const entry of output.entries) events.entryCommitted(entry, now);
        return;
      case "role":
        outbox.trace({ kind: "raft-role", role: output.role, term: output.term, leader: output.leader });
        return events.roleChanged({ isLeader: output.role === "leader", term: output.term, leader: output.leader as NodeId }, now);
    }
  }

  private traceVote(candidate: number, message: RaftMessage): void {
    if (message.type !== "vote-response" && message.type !== "pre-vote-response") return;
    this.options.outbox.trace({ kind: "vote", term: message.term, candidate, isPreVote: message.type === "pre-vote-response", isGranted: message.isGranted });
  }

  /** Not before the file is there: a sync of its directory that came earlier would have covered nothing. */
  private syncDirectories(): void {
    if (this.hasAskedForDirectories) return;
    this.hasAskedForDirectories = true;
    for (const path of NAMED_IN) this.directorySyncs.add(this.options.outbox.request({ type: "sync-directory", path }, this));
  }

  private persist(output: Extract<RaftOutput, { type: "persist" }>): void {
    invariant(this.syncing === undefined, "one persist is under way at a time", { persist: output.id });
    const { outbox } = this.options;
    const bytes = encodeWrite(output.write, crc32c);
    outbox.request({ type: "append", path: WAL, position: this.walEnd, buffers: [bytes] }, this);
    this.walEnd += bytes.length;
    this.syncing = { effect: outbox.request({ type: "sync", path: WAL }, this), persist: output.id };
    if (outbox.isDetailed) outbox.trace({ kind: "raft-append", term: output.write.term, lastIndex: output.write.entries.at(-1)?.index ?? 0 });
  }

  /**
   * What was read may be in the page cache alone, and Raft takes all of it for durable. A sync would not prove it: after one that
   * failed, the kernel may call the pages clean that it could not write (fsyncgate). So it is written anew, without a torn tail,
   * synced, and put in the place of the old file before Raft runs.
   */
  private recovered(content: Uint8Array, now: Now): void {
    const { outbox } = this.options;
    const wal = readWal(content);
    if (wal instanceof CorruptWalError)
      return outbox.emit({
        type: "exit",
        code: 74,
        reason: `the metadata log is damaged: ${wal.message}; docs/ERRORS.md, CORRUPT_WAL, says how to bring the node back`,
      });
    const { recovered, validBytes, droppedBytes } = wal;
    this.walEnd = validBytes;
    outbox.trace({ kind: "log-recovered", path: WAL, endOffset: recovered.entries.length, droppedBytes });
    if (validBytes === 0 && content.length === 0) return this.run(recovered, now);
    this.hasAskedForDirectories = true;
    new CheckpointFile({ outbox, directory: QUORUM_DIRECTORY, name: WAL_NAME }).write(content.subarray(0, validBytes), () => {
      this.recovering = { rootSync: outbox.request({ type: "sync-directory", path: "" }, this), recovered };
    });
  }

  private run(recovered: Recovered, now: Now): void {
    const { self, voters, electionTimeoutMs, heartbeatIntervalMs, appendMaxEntries, maxPayloadBytes, prng, events } = this.options;
    const options = {
      self,
      voters,
      electionTimeoutUs: electionTimeoutMs * 1000,
      heartbeatIntervalUs: heartbeatIntervalMs * 1000,
      random: () => prng.nextU32(),
      limits: { maxEntriesPerAppend: appendMaxEntries, maxPayloadBytes },
    };
    this.raft = new RaftNode(options, recovered, now.monotonicUs);
    events.quorumRecovered(now);
  }
}

/** Damage before the tail is no torn write: records that Raft answered for are gone. */
function readWal(content: Uint8Array): ReturnType<typeof recoverWal> | CorruptWalError {
  try {
    return recoverWal(content, crc32c);
  } catch (error) {
    if (error instanceof CorruptWalError) return error;
    throw error;
  }
}

const NOT_RUNNING: Proposed = { ok: false, reason: "not-leader", leader: NO_NODE };

/** Stands for a sync that has come back while the directory's has not. */
const SYNCED = 0 as EffectId;
