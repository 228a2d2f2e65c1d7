import { earlier, invariant, type Micros, micros, NO_NODE, type NodeId, type Now, type Prng } from "@samsa/stdx";
import { crc32c } from "@samsa/protocol/records";
import type { Outbox } from "@samsa/world";
import {
  ANY_DIRECTORY,
  encodeWrite,
  type Entry,
  type Proposed,
  type RaftLimits,
  type RaftMessage,
  RaftNode,
  type RaftOutput,
  type ReadRequested,
  type Recovered,
  type ReplicaKey,
  type Snapshot,
  type TransferStarted,
  type VoterChange,
} from "raft-ts";
import { addressText, type ControlAddress } from "./control-address.ts";
import { QuorumFiles } from "./quorum-files.ts";

export interface QuorumEvents {
  /** What the disk says has been read; Raft runs from here on. */
  quorumRecovered(now: Now): void;
  send(to: ReplicaKey, message: RaftMessage): void;
  /** Makes ready what `restored` will be given, in as many turns as it takes. */
  loadSnapshot(snapshot: Snapshot, done: (now: Now) => void, now: Now): void;
  /** The metadata is what the snapshot says, which was loaded before. */
  restored(snapshot: Snapshot, now: Now): void;
  entryCommitted(entry: Entry, now: Now): void;
  /** To be answered by `snapshotTaken` with the metadata as it is now, after the entry at `index`. */
  takeSnapshot(index: number, now: Now): void;
  /** `index` undefined: this node can't say. */
  readAnswered(id: number, index: number | undefined, now: Now): void;
  roleChanged(role: { readonly isLeader: boolean; readonly term: number; readonly leader: NodeId }, now: Now): void;
}

export interface QuorumOptions {
  readonly self: NodeId;
  readonly voters: readonly ControlAddress[];
  readonly electionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly limits: Partial<RaftLimits>;
  readonly outbox: Outbox;
  readonly prng: Prng;
  readonly events: QuorumEvents;
}

/** Runs one Raft node over the world's disk. Raft hears of a write only when it is durable. */
export class Quorum {
  private readonly options: QuorumOptions;
  private readonly files: QuorumFiles;
  private raft: RaftNode | undefined;
  private recovered: Recovered | undefined;
  /** Snapshots to be stored, the first of them being so. */
  private readonly storing: { readonly id: number; readonly snapshot: Snapshot }[] = [];

  constructor(options: QuorumOptions) {
    this.options = options;
    this.files = new QuorumFiles(options.outbox);
  }

  /** `hasPromised`: it remembers votes or entries that others may count on. */
  recover(done: (disk: { readonly hasPromised: boolean }, now: Now) => void): void {
    this.files.recover(({ recovered }, now) => {
      this.recovered = recovered;
      done(recovered, now);
    });
  }

  /** To be called when it has recovered. `directoryId` names the disk: with another one this node is another voter. */
  start(directoryId: string, now: Now): void {
    const { recovered } = this;
    invariant(recovered !== undefined, "the disk is read before Raft runs", { node: this.options.self });
    const run = (at: Now): void => this.run(directoryId, recovered, at);
    if (recovered.snapshot === undefined) run(now);
    else this.options.events.loadSnapshot(recovered.snapshot, run, now);
  }

  /** Undefined until the disk has been read. */
  get node(): RaftNode | undefined {
    return this.raft;
  }

  get nextDeadlineUs(): Micros | undefined {
    const at = this.raft?.nextDeadlineUs;
    return earlier(at === undefined ? undefined : micros(at), this.files.retries.nextDeadlineUs);
  }

  propose(payload: Uint8Array, now: Now): Proposed {
    return this.raft?.propose(payload, now.monotonicUs) ?? NOT_RUNNING;
  }

  /** Answered by `readAnswered`: what this node knows then is no older than now. */
  readIndex(now: Now): ReadRequested {
    return this.raft?.readIndex(now.monotonicUs) ?? NOT_RUNNING;
  }

  changeVoters(change: VoterChange, now: Now): Proposed {
    return this.raft?.changeVoters(change, now.monotonicUs) ?? NOT_RUNNING;
  }

  transferLeadership(now: Now): TransferStarted {
    return this.raft?.transferLeadership(undefined, now.monotonicUs) ?? NOT_RUNNING;
  }

  received(from: ReplicaKey, message: RaftMessage, now: Now): void {
    this.raft?.step({ type: "message", from, message }, now.monotonicUs);
  }

  snapshotTaken(index: number, data: Uint8Array, now: Now): void {
    this.raft?.step({ type: "snapshot-taken", index, data }, now.monotonicUs);
  }

  peerRefused(peer: NodeId, now: Now): void {
    this.raft?.step({ type: "peer-refused", peer }, now.monotonicUs);
  }

  peerReconnected(peer: NodeId, now: Now): void {
    this.raft?.step({ type: "peer-reconnected", peer }, now.monotonicUs);
  }

  deadline(now: Now): void {
    const { raft } = this;
    this.files.retries.deadline(now);
    if (raft?.nextDeadlineUs !== undefined && raft.nextDeadlineUs <= now.monotonicUs) raft.step({ type: "deadline" }, now.monotonicUs);
  }

  /** Performs what Raft wants done; true if there was anything. */
  drain(now: Now): boolean {
    const outputs = this.raft?.drain();
    if (outputs === undefined || outputs.length === 0) return false;
    for (const output of outputs) this.perform(output, now);
    return true;
  }

  private perform(output: RaftOutput, now: Now): void {
    const { outbox, events } = this.options;
    switch (output.type) {
      case "persist":
        return this.persist(output);
      case "send":
        this.traceVote(output.to, output.message);
        return events.send(output.to, output.message);
      case "restore":
        outbox.trace({ kind: "raft-restored", index: output.snapshot.index, term: output.snapshot.term });
        return events.restored(output.snapshot, now);
      case "committed":
        for (const entry of output.entries) events.entryCommitted(entry, now);
        return;
      case "take-snapshot":
        return events.takeSnapshot(output.index, now);
      case "store-snapshot":
        this.storing.push(output);
        return this.storing.length === 1 ? this.storeNext() : undefined;
      case "read":
        return events.readAnswered(output.id, output.index, now);
      case "role":
        outbox.trace({ kind: "raft-role", role: output.role, term: output.term, leader: output.leader });
        return events.roleChanged({ isLeader: output.role === "leader", term: output.term, leader: output.leader as NodeId }, now);
    }
  }

  private traceVote(candidate: ReplicaKey, message: RaftMessage): void {
    if (message.type !== "vote-response" && message.type !== "pre-vote-response") return;
    const isPreVote = message.type === "pre-vote-response";
    this.options.outbox.trace({ kind: "vote", term: message.term, candidate: candidate.id, isPreVote, isGranted: message.isGranted });
  }

  private persist({ id, write }: Extract<RaftOutput, { type: "persist" }>): void {
    const { outbox } = this.options;
    const bytes = encodeWrite(write, crc32c);
    const done = (now: Now): void => this.raft?.step({ type: "persisted", id }, now.monotonicUs);
    if (write.base === undefined) this.files.append(bytes, done);
    else this.files.replace(bytes, done);
    if (outbox.isDetailed) outbox.trace({ kind: "raft-append", term: write.term, lastIndex: write.entries.at(-1)?.index ?? 0 });
  }

  private storeNext(): void {
    const [next] = this.storing;
    if (next === undefined) return;
    const { snapshot, id } = next;
    const stored = (now: Now): void => {
      this.options.outbox.trace({ kind: "snapshot-stored", index: snapshot.index, bytes: snapshot.file.length });
      this.storing.shift();
      this.raft?.step({ type: "snapshot-stored", id }, now.monotonicUs);
      this.storeNext();
    };
    this.files.storeSnapshot(snapshot.file, (now) => {
      // One of another node is read before Raft may count on it, so that no turn has to do all of it.
      const isOwn = snapshot.index <= (this.raft?.commitIndex ?? 0);
      if (isOwn) stored(now);
      else this.options.events.loadSnapshot(snapshot, stored, now);
    });
  }

  private run(directoryId: string, recovered: Recovered, now: Now): void {
    const { self, voters, electionTimeoutMs, heartbeatIntervalMs, limits, prng, events } = this.options;
    invariant(this.raft === undefined, "it runs once", { node: self });
    const options = {
      self: { id: self, directoryId },
      voters: voters.map((voter) => ({ id: voter.nodeId, directoryId: ANY_DIRECTORY, address: addressText(voter) })),
      electionTimeoutUs: electionTimeoutMs * 1000,
      heartbeatIntervalUs: heartbeatIntervalMs * 1000,
      random: () => prng.nextU32(),
      crc: crc32c,
      limits,
    };
    this.raft = new RaftNode(options, recovered, now.monotonicUs);
    events.quorumRecovered(now);
  }
}

const NOT_RUNNING = { ok: false, reason: "not-leader", leader: NO_NODE } as const;
