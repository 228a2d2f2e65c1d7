import type { Micros, NodeId } from "@samsa/stdx";

/** A partition as people name it: `orders-0`. */
type Partition = { readonly topic: string; readonly partition: number };

/** What an idempotent producer numbered a batch with. */
type ProducerSequence = { readonly producerId: number; readonly producerEpoch: number; readonly baseSequence: number };

/**
 * The vocabulary of what nodes tell of themselves. Both worlds emit it; the console, a failure's story, the scenario's
 * timeline and a bug report are folds over it. A new kind is added here first.
 */
export type TraceBody =
  | { readonly kind: "started"; readonly incarnation: string; readonly pageCacheSurvived: boolean }
  | { readonly kind: "listening"; readonly listener: string; readonly host: string; readonly port: number }
  /** The logs are sound and the controller knows what was lost: from here on only a loss of power takes unsynced records. */
  | { readonly kind: "vouched" }
  | { readonly kind: "stopping" }
  // Raft
  | { readonly kind: "raft-role"; readonly role: string; readonly term: number; readonly leader: number }
  | { readonly kind: "vote"; readonly term: number; readonly candidate: number; readonly isPreVote: boolean; readonly isGranted: boolean }
  /** No leader of the metadata quorum is known for so long; `missing` voters can't be reached. A first start needs all voters. */
  | { readonly kind: "quorum-lost"; readonly forMs: number; readonly missing: readonly NodeId[]; readonly isFirstStart: boolean }
  /** A voter that lost its disk is replaced by what it is now. */
  | { readonly kind: "voter-changed"; readonly change: "add" | "remove"; readonly voter: number; readonly directoryId: string }
  | { readonly kind: "quorum-found"; readonly leader: NodeId; readonly afterMs: number }
  | { readonly kind: "raft-append"; readonly term: number; readonly lastIndex: number }
  | { readonly kind: "raft-restored"; readonly index: number; readonly term: number }
  | { readonly kind: "snapshot-stored"; readonly index: number; readonly bytes: number }
  | { readonly kind: "raft-commit"; readonly index: number }
  | { readonly kind: "raft-truncate"; readonly fromIndex: number }
  // Controller
  | { readonly kind: "controller"; readonly isActive: boolean; readonly epoch: number }
  | { readonly kind: "broker-registered"; readonly broker: number; readonly epoch: number; readonly pageCacheSurvived: boolean }
  | { readonly kind: "broker-fenced"; readonly broker: number; readonly epoch: number; readonly because: string }
  | { readonly kind: "broker-unfenced"; readonly broker: number; readonly epoch: number }
  | { readonly kind: "probe"; readonly broker: number; readonly outcome: "refused" | "alive" | "replaced" | "silent" }
  | ({
      readonly kind: "leader-elected";
      readonly leader: number;
      readonly leaderEpoch: number;
      readonly isr: readonly number[];
      readonly because: string;
    } & Partition)
  | ({
      readonly kind: "isr-changed";
      readonly isr: readonly number[];
      readonly leaderEpoch: number;
      readonly partitionEpoch: number;
      readonly because: string;
    } & Partition)
  // Replication
  | ({ readonly kind: "became-leader"; readonly leaderEpoch: number; readonly startOffset: number } & Partition)
  | ({ readonly kind: "became-follower"; readonly leader: number; readonly leaderEpoch: number; readonly endOffset: number } & Partition)
  | ({ readonly kind: "append"; readonly baseOffset: number; readonly endOffset: number; readonly leaderEpoch: number } & Partition)
  | ({ readonly kind: "high-watermark"; readonly offset: number } & Partition)
  | ({ readonly kind: "truncate"; readonly toOffset: number; readonly fromOffset: number; readonly because: string } & Partition)
  /** As somebody asked: no log of a replica that is alive starts before it. */
  | ({ readonly kind: "records-deleted"; readonly beforeOffset: number; readonly leaderEpoch: number } & Partition)
  | ({ readonly kind: "replica-offline"; readonly because: string } & Partition)
  /** One of several log directories has failed: what lies there is offline until the node starts again. */
  | { readonly kind: "log-directory-offline"; readonly path: string; readonly because: string }
  /** No room is left in a log directory: what is produced is refused until there is. */
  | { readonly kind: "disk-full"; readonly path: string; readonly because: string }
  | { readonly kind: "disk-has-room"; readonly path: string }
  /** Settings of a topic that were taken, and change nothing yet. */
  | { readonly kind: "configs-without-effect"; readonly topic: string; readonly configs: readonly string[] }
  /** That a client's request made necessary, and the controller refused. */
  | { readonly kind: "topic-not-created"; readonly topic: string; readonly because: string }
  /** Files of a partition that the metadata do not know, or not here: they are moved to a directory that nobody uses. */
  | { readonly kind: "stray-log"; readonly path: string; readonly topicId: string; readonly movedTo: string }
  /** This broker coordinates the groups of a partition of `__consumer_offsets`, which are loaded; or does so no more. `highWatermark`: of that moment. */
  | {
      readonly kind: "group-coordinator";
      readonly partition: number;
      readonly leaderEpoch: number;
      readonly isActive: boolean;
      readonly highWatermark: number;
    }
  /** Of a newer version, or damaged: the groups are loaded without it. */
  | { readonly kind: "group-record-skipped"; readonly partition: number; readonly offset: number; readonly because: string }
  /** Its records disagree: it is taken out of the log, and its offsets stay. */
  | { readonly kind: "group-put-aside"; readonly partition: number; readonly group: string; readonly because: string }
  /** It is gone with all that it was: whoever joins a group of that name later begins a new one, whose generations count from the beginning. */
  | { readonly kind: "group-deleted"; readonly partition: number; readonly group: string }
  /** Of each key the newest record is left below `endOffset`; bytes are of the segments that were gone through. */
  | ({ readonly kind: "log-compacted"; readonly endOffset: number; readonly bytesBefore: number; readonly bytesAfter: number } & Partition)
  /** Nothing at or behind the offset is compacted any more; it is served as before. */
  | ({ readonly kind: "log-uncleanable"; readonly fromOffset: number; readonly because: string } & Partition)
  /** How far the reading of a large log has come at a start. */
  | { readonly kind: "log-recovering"; readonly path: string; readonly scannedBytes: number; readonly totalBytes: number }
  | { readonly kind: "log-recovered"; readonly path: string; readonly endOffset: number; readonly droppedBytes: number; readonly scannedBytes?: number }
  // Network and clients
  | { readonly kind: "connection-closed"; readonly connection: number; readonly remote: string; readonly because: string }
  | { readonly kind: "peer-refused"; readonly remote: string; readonly because: string }
  | ({ readonly kind: "client-ack"; readonly offset: number; readonly records: number } & Partition)
  | ({ readonly kind: "client-error"; readonly error: string; readonly sequence?: ProducerSequence } & Partition)
  /** A consumer was given records up to this offset, from the leader or from a follower. */
  | ({ readonly kind: "client-read"; readonly lastOffset: number } & Partition)
  // Faults and verdicts
  | { readonly kind: "fault"; readonly fault: string; readonly detail: string }
  | { readonly kind: "healed" }
  | { readonly kind: "violation"; readonly invariant: string; readonly detail: string }
  | { readonly kind: "note"; readonly text: string };

/** One event of one node: `seq` counts the node's events from 0, `t` is the world's monotonic time. */
export interface TraceEvent {
  readonly seq: number;
  readonly t: Micros;
  readonly node: NodeId;
  readonly event: TraceBody;
}
