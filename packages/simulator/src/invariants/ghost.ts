import type { HostedReplica } from "@samsa/broker";
import { EMPTY_IMAGE, type MetadataImage, type MetadataRecord, type PartitionImage, replayBatch } from "@samsa/metadata";
import { decodeEntry } from "@samsa/server";
import type { EntryKind } from "raft-ts";
import { type ClusterShape, nodeIds, voterIds } from "../cluster/cluster-shape.ts";
import { appliedImage, type NodeView } from "../cluster/cluster.ts";
import { ForgottenBatches } from "./forgotten-batches.ts";
import { GhostPartition } from "./ghost-partition.ts";

/** What was last seen of one replica, also while its process is down. */
export interface ReplicaMemory {
  readonly topic: string;
  readonly partition: number;
  role: "leader" | "follower" | "offline";
  leaderEpoch: number;
  /** The largest leader epoch that any process of this node was ever seen in: what it said before, it said in an earlier one. */
  heardEpoch: number;
  /** Leaders only. */
  isUnderMinIsr: boolean;
  maximalIsrSize: number;
  highWatermark: number;
  lastStableOffset: number;
  logStartOffset: number;
  /** Log end that survives the death of the process. */
  writtenEnd: number;
  /** Log end that survives a loss of power. */
  syncedEnd: number;
  appendedEnd: number;
  /** Nothing of its ends is promised yet. */
  isBeginningAnew: boolean;
  /** Its log's leader epochs with their start offsets. */
  epochs: HostedReplica["log"]["epochEntries"];
  /** The furthest log end at which its host ever lost power: evidence from before may arrive after. */
  heldEnd: number;
  /** False until the present process has been seen with its log read. */
  isCurrent: boolean;
}

export interface NodeMemory {
  incarnation: number;
  incarnationId: string;
  term: number;
  commitIndex: number;
  syncedIndex: number;
  /** Term of the entry at `syncedIndex`. */
  syncedTerm: number;
  isRaftLeader: boolean;
  appliedIndex: number;
  readonly replicas: Map<string, ReplicaMemory>;
}

export interface GhostEntry {
  readonly term: number;
  readonly kind: EntryKind;
  readonly payload: Uint8Array;
  /** Of the node that was first seen to call it committed: no leader of that term or an earlier one was elected with it. */
  readonly committedIn: number;
}

/** A leader was elected who may lack committed records. */
export interface UncleanElection {
  readonly leaderEpoch: number;
  /** What allowed it. */
  readonly because: string;
}

/** What one committed entry made of the metadata. */
export interface Transition {
  readonly before: MetadataImage;
  readonly after: MetadataImage;
  readonly records: readonly MetadataRecord[];
}

/**
 * What an observer who sees everything at once knows, kept outside of all nodes: what was committed, and what each node
 * was last seen to hold. The invariants compare a node with it after each of its turns; it is brought up to date after them.
 */
export class Ghost {
  /** Committed metadata entries, index 1 first. */
  readonly entries: GhostEntry[] = [];
  /** Of the entries that this turn was the first to call committed. */
  readonly transitions: Transition[] = [];
  readonly partitions = new Map<string, GhostPartition>();
  readonly nodes = new Map<number, NodeMemory>();
  /** Who votes in the metadata quorum. */
  readonly voters: readonly number[];
  /** Nodes that may say they have lost their page cache: they have, or were never vouched for since. */
  readonly unvouched = new Set<number>();
  /**
   * Partitions whose last known leader was elected with ISR and ELR empty, with that election's leader epoch, until a leader of it
   * or of a later one has begun: the one elected may die before it hears of it.
   */
  readonly uncleanElections = new Map<string, UncleanElection>();
  /** Topics to which nobody sends with anything but acks=all. */
  readonly acksAllTopics = new Set<string>();
  /** Partitions (`topic id:index`) for which an operator has asked for an unclean election. */
  readonly uncleanAsked = new Set<string>();
  /** What retention leaves of a log at least, where its topic says nothing else; undefined: it deletes nothing, and only what an operator asked for may go. */
  retainedBytes: number | undefined = 0;
  /** Whoever asks for deletions says here what for; otherwise leaders may have been asked for any. */
  knowsDeletionsAsked = false;
  /** After so long a broker writes down where its logs start. */
  logStartIntervalMs = Number.POSITIVE_INFINITY;
  /** Nodes whose disk has been slow, full or failing, or which were paused: what they ask to be written may not be for long. */
  readonly unreliableDisks = new Set<number>();
  /** The world's time of the turn that is looked at. */
  nowUs = 0;
  /** By topic, the producers (by id) that have given up records which they had sent. */
  private readonly givenUp = new Map<string, Set<number>>();
  readonly forgottenBatches = new ForgottenBatches();
  /** What all committed entries make of the metadata. */
  image: MetadataImage = EMPTY_IMAGE;

  /** `delete.retention.ms` of compacted topics, as far as clocks can be believed. */
  deleteRetentionMs: number | undefined;
  /** True: logs are compacted often, and what compaction takes is looked at record by record. */
  looksAtKeys = false;

  constructor(shape: ClusterShape) {
    this.voters = voterIds(shape);
    for (const id of nodeIds(shape)) this.unvouched.add(id);
  }

  memoryOf(view: NodeView): NodeMemory {
    const known = this.nodes.get(view.id);
    if (known !== undefined) return known;
    const fresh: NodeMemory = {
      incarnation: 0,
      incarnationId: "",
      term: 0,
      commitIndex: 0,
      syncedIndex: 0,
      syncedTerm: 0,
      isRaftLeader: false,
      appliedIndex: 0,
      replicas: new Map(),
    };
    this.nodes.set(view.id, fresh);
    return fresh;
  }

  replicaMemory(memory: NodeMemory, hosted: HostedReplica): ReplicaMemory {
    const known = memory.replicas.get(hosted.key);
    if (known !== undefined) return known;
    const { topic, partition } = hosted;
    const ends = { highWatermark: 0, lastStableOffset: 0, logStartOffset: 0, writtenEnd: 0, syncedEnd: 0, appendedEnd: 0 };
    const fresh: ReplicaMemory = {
      topic,
      partition,
      role: "follower",
      leaderEpoch: -1,
      heardEpoch: -1,
      isUnderMinIsr: false,
      maximalIsrSize: 0,
      ...ends,
      isBeginningAnew: false,
      epochs: [],
      heldEnd: 0,
      isCurrent: false,
    };
    memory.replicas.set(hosted.key, fresh);
    return fresh;
  }

  partition(hosted: { readonly key: string; readonly topic: string; readonly partition: number }): GhostPartition {
    const known = this.partitions.get(hosted.key);
    if (known !== undefined) return known;
    const fresh = new GhostPartition(hosted.topic, hosted.partition);
    this.partitions.set(hosted.key, fresh);
    return fresh;
  }

  /** What retention leaves of a log of the topic at least; undefined: it deletes nothing. A topic that says how many bytes has no record that is too old. */
  retainedBytesOf(topic: string): number | undefined {
    const own = this.image.topicConfig(topic).get("retention.bytes");
    if (own === undefined) return this.retainedBytes;
    return Number(own) < 0 ? undefined : Number(own);
  }

  /** Of its keys only the newest records stay, so that a batch may become smaller, or nothing. */
  isCompacted(topic: string): boolean {
    return this.image.topicConfig(topic).get("cleanup.policy")?.includes("compact") === true;
  }

  /** The controller's newest committed word on a partition. */
  stateOf(hosted: { readonly topicId: HostedReplica["topicId"]; readonly partition: number }): PartitionImage | undefined {
    return this.image.topicById(hosted.topicId)?.partitions[hosted.partition];
  }

  /** A producer's epoch is the same for all partitions that it writes to. */
  gaveUp(topic: string, producerId: number): void {
    const producers = this.givenUp.get(topic);
    if (producers === undefined) this.givenUp.set(topic, new Set([producerId]));
    else producers.add(producerId);
  }

  /** Records of the topic were lost by leave, or that producer has given some up. */
  hasLost(topic: string, producerId: number): boolean {
    if (this.givenUp.get(topic)?.has(producerId) === true) return true;
    for (const partition of this.partitions.values()) if (partition.topic === topic && partition.hasLost) return true;
    return false;
  }

  /** The node's host lost power: until its logs are read again it counts for nothing. */
  lostPower(node: number): void {
    this.unvouched.add(node);
    for (const replica of this.nodes.get(node)?.replicas.values() ?? []) replica.heldEnd = Math.max(replica.heldEnd, replica.writtenEnd);
  }

  /** Nothing that was seen of the node's disk is there any more. */
  wiped(node: number): void {
    this.unvouched.add(node);
    this.nodes.delete(node);
  }

  /** What lay in which log directory is not kept here: of none of the node's replicas it is known what it holds, until it is seen. */
  replacedLogDir(node: number): void {
    this.nodes.get(node)?.replicas.clear();
  }

  /** The node comes back with another directory id, for which nobody has vouched. */
  lostMetadataLog(node: number): void {
    this.unvouched.add(node);
    const memory = this.nodes.get(node);
    if (memory !== undefined) Object.assign(memory, { term: 0, syncedIndex: 0, syncedTerm: 0 });
  }

  /** An entry that no node has called committed before. */
  commit(entry: GhostEntry): void {
    this.entries.push(entry);
    const before = this.image;
    const records = entry.kind === "data" ? decodeEntry(entry.payload, this.entries.length) : [];
    this.image = replayBatch(before, records, this.entries.length).image;
    this.transitions.push({ before, after: this.image, records });
  }

  /** A new process: nothing of the old one's volatile state is left. What its disk holds is remembered. */
  began(view: NodeView): void {
    const memory = this.memoryOf(view);
    memory.incarnation = view.incarnation;
    memory.incarnationId = view.node.incarnationId;
    memory.commitIndex = 0;
    memory.appliedIndex = 0;
    memory.isRaftLeader = false;
    for (const replica of memory.replicas.values()) {
      replica.role = "follower";
      replica.leaderEpoch = -1;
      replica.highWatermark = 0;
      replica.isCurrent = false;
    }
  }

  /**
   * The node's replicas that are not as they were last seen. Nothing is asked of the replicas themselves but what they are
   * now: a turn that changes nothing of what is remembered changes no invariant's answer.
   */
  changedReplicas(view: NodeView): readonly HostedReplica[] {
    const { replicas } = this.memoryOf(view);
    let changed: HostedReplica[] | undefined;
    for (const hosted of view.node.broker?.replicas.all() ?? []) {
      if (isAsRemembered(replicas.get(hosted.key), hosted)) continue;
      if (changed === undefined) changed = [hosted];
      else changed.push(hosted);
    }
    return changed ?? NONE;
  }

  /** After the invariants have looked: where this node is in the quorum now. */
  rememberQuorum(view: NodeView): void {
    const memory = this.memoryOf(view);
    const { node } = view;
    const raft = node.quorum.node;
    if (raft !== undefined) {
      memory.term = raft.term;
      memory.commitIndex = raft.commitIndex;
      memory.syncedIndex = raft.syncedIndex;
      memory.syncedTerm = raft.termAt(raft.syncedIndex) ?? 0;
      memory.isRaftLeader = raft.role === "leader";
    }
    memory.appliedIndex = appliedImage(node).index;
    this.transitions.length = 0;
  }

  /** After the invariants have looked: what those of this node's replicas are now that the turn has changed. */
  rememberReplicas(view: NodeView, changed: readonly HostedReplica[]): void {
    const memory = this.memoryOf(view);
    for (const hosted of changed) this.rememberReplica(memory, hosted);
  }

  private rememberReplica(memory: NodeMemory, hosted: HostedReplica): void {
    const known = this.replicaMemory(memory, hosted);
    const { replica, log } = hosted;
    if (!log.isReady) return rememberCut(known, log);
    known.role = replica.role;
    known.leaderEpoch = replica.leaderEpoch;
    known.heardEpoch = Math.max(known.heardEpoch, replica.leaderEpoch);
    known.isUnderMinIsr = replica.isUnderMinIsr;
    known.maximalIsrSize = replica.maximalIsr.length;
    known.highWatermark = replica.highWatermark;
    known.lastStableOffset = replica.lastStableOffset;
    known.logStartOffset = log.logStartOffset;
    known.writtenEnd = log.writtenEnd;
    known.syncedEnd = log.syncedEnd;
    known.appendedEnd = log.appendedEnd;
    known.isBeginningAnew = log.isBeginningAnew;
    known.epochs = log.epochEntries;
    known.isCurrent = true;
  }
}

const NONE: readonly HostedReplica[] = [];

function isAsRemembered(known: ReplicaMemory | undefined, { replica, log }: HostedReplica): boolean {
  if (known === undefined || !known.isCurrent || !log.isReady) return false;
  if (
    known.appendedEnd !== log.appendedEnd ||
    known.writtenEnd !== log.writtenEnd ||
    known.syncedEnd !== log.syncedEnd ||
    known.logStartOffset !== log.logStartOffset ||
    known.isBeginningAnew !== log.isBeginningAnew
  )
    return false;
  if (known.highWatermark !== replica.highWatermark || known.lastStableOffset !== replica.lastStableOffset) return false;
  if (known.isUnderMinIsr !== replica.isUnderMinIsr || known.maximalIsrSize !== replica.maximalIsr.length) return false;
  return known.leaderEpoch === replica.leaderEpoch && known.role === replica.role;
}

/**
 * A log that is still being read tells nothing about what the disk holds. One that was read may have been cut, or have begun anew, in the very turn in which it
 * was stopped: a process that stood still finds its leader's answer and SIGTERM together.
 */
function rememberCut(known: ReplicaMemory, log: HostedReplica["log"]): void {
  if (!known.isCurrent) return;
  for (const end of ["appendedEnd", "writtenEnd", "syncedEnd"] as const) known[end] = Math.min(known[end], log.appendedEnd);
  if (!log.isBeginningAnew) return;
  known.isBeginningAnew = true;
  known.logStartOffset = log.logStartOffset;
}

/** The same process leads in the epoch in which it led before. */
export const leadsOn = ({ replica }: HostedReplica, before: ReplicaMemory | undefined): before is ReplicaMemory =>
  before?.isCurrent === true && before.role === "leader" && replica.role === "leader" && before.leaderEpoch === replica.leaderEpoch;
