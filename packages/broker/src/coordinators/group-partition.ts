import {
  decodeGroupRecord,
  deletedGroups,
  encodeGroupRecord,
  type GroupConfig,
  GroupCoordinator,
  type GroupRecord,
  type IsTopicThere,
} from "@samsa/coordinators";
import type { MetadataImage } from "@samsa/metadata";
import { DecodeError, EncodeError } from "@samsa/protocol";
import { baseOffsetOf, decodeRecords, encodeBatch, isControlBatch, MissingCodecError, nextOffsetOf } from "@samsa/protocol/records";
import { afterMs, type LeaderEpoch, type Micros, type Now, offset, type Offset, type Prng } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";
import type { HostedReplica } from "../replicas/hosted-replica.ts";
import { LogReplay } from "./log-replay.ts";

export interface GroupPartitionOptions {
  readonly hosted: HostedReplica;
  readonly config: GroupConfig;
  readonly outbox: Outbox;
  readonly prng: Prng;
  readonly image: () => MetadataImage;
  readonly isThere: IsTopicThere;
  /** `update` is to be called at the end of the turn. */
  readonly touch: () => void;
}

/** As long as a leader's log can't be read, it tries again. */
const READ_AGAIN_MS = 1_000;

interface Term {
  readonly epoch: LeaderEpoch;
  readonly coordinator: GroupCoordinator;
  readonly replay: LogReplay;
  /** Where the log ended when this epoch began: everything below has to be replayed. */
  readonly startOffset: Offset;
}

/**
 * The coordinator of one partition of `__consumer_offsets`, as long as this broker leads it.
 *
 *     not leading ──leads──▶ loading ──committed and replayed up to the epoch's start──▶ active
 *          ▲────────────────────┴──────another epoch, or another leader──────────────────┘
 *
 * It loads what is committed and nothing else: as long as the epoch's start is above the high watermark, an offset that a consumer was told of may be
 * missing (G08).
 */
export class GroupPartition {
  private readonly options: GroupPartitionOptions;
  private term: Term | undefined;
  private readAgainAt: Micros | undefined;

  constructor(options: GroupPartitionOptions) {
    this.options = options;
  }

  get hosted(): HostedReplica {
    return this.options.hosted;
  }

  /** Undefined while it can't be asked. */
  get coordinator(): GroupCoordinator | undefined {
    return this.term !== undefined && this.leads(this.term) && this.term.coordinator.isActive ? this.term.coordinator : undefined;
  }

  /** The leader epoch in which its groups are coordinated here, also while that is over and nobody has noticed; undefined: they are not. */
  get activeEpoch(): LeaderEpoch | undefined {
    return this.term?.coordinator.isActive === true ? this.term.epoch : undefined;
  }

  /** This broker leads the partition, whether or not it is loaded. */
  get isLeading(): boolean {
    return this.hosted.replica.role === "leader";
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.coordinator?.nextDeadlineUs ?? this.readAgainAt;
  }

  deadline(now: Now): void {
    this.coordinator?.deadline(now);
    if (this.readAgainAt !== undefined && this.readAgainAt <= now.monotonicUs) {
      this.readAgainAt = undefined;
      this.options.touch();
    }
  }

  /** The role may have changed, or what is committed, or what can be read. */
  update(now: Now): void {
    const { replica } = this.hosted;
    if (this.term !== undefined && !this.leads(this.term)) this.end(now);
    if (!this.isLeading) return;
    this.term ??= this.begin(replica.leaderEpoch);
    const { coordinator } = this.term;
    if (coordinator.isActive) coordinator.committedTo(replica.highWatermark, now);
    else if (this.readAgainAt === undefined) this.load(this.term, now);
  }

  /** This broker has the partition no more. */
  end(now: Now): void {
    const { term } = this;
    if (term === undefined) return;
    this.term = undefined;
    this.readAgainAt = undefined;
    term.replay.stop();
    const wasActive = term.coordinator.isActive;
    term.coordinator.close(now);
    if (wasActive) this.tell(term.epoch, false);
  }

  private leads({ epoch }: Term): boolean {
    const { replica } = this.hosted;
    return replica.role === "leader" && replica.leaderEpoch === epoch;
  }

  private begin(epoch: LeaderEpoch): Term {
    const { hosted, config, outbox, prng, image, touch } = this.options;
    const { replica } = hosted;
    const append = (records: readonly GroupRecord[], now: Now) => {
      // Between the change of the role and the end of the turn.
      if (replica.role !== "leader" || replica.leaderEpoch !== epoch) return { type: "failed", error: "NOT_LEADER_OR_FOLLOWER" } as const;
      const batch = batchOf(records, now);
      if (batch === undefined) return { type: "failed", error: "INVALID_REQUEST" } as const;
      const outcome = replica.produce(batch, -1, now);
      if (outcome.type !== "failed") for (const group of deletedGroups(records)) outbox.trace({ kind: "group-deleted", partition: hosted.partition, group });
      return outcome.type === "failed" ? outcome : ({ type: "appended", endOffset: outcome.endOffset } as const);
    };
    const coordinator = new GroupCoordinator({ config, prng: prng.fork(`${hosted.partition}/${epoch}`), log: { append }, topics: image });
    const replay = new LogReplay({
      replica,
      outbox,
      batch: (bytes, position) => coordinator.loaded(this.recordsOf(bytes, position), offset(nextOffsetOf(bytes, position))),
      ready: touch,
      failed: (_detail, now) => (this.readAgainAt = afterMs(now, READ_AGAIN_MS)),
    });
    return { epoch, coordinator, replay, startOffset: replica.log.appendedEnd };
  }

  private load({ epoch, coordinator, replay, startOffset }: Term, now: Now): void {
    const { replica } = this.hosted;
    const committed = offset(Math.min(replica.highWatermark, startOffset));
    if (!replay.readTo(committed) || committed < startOffset) return;
    for (const { groupId, because } of coordinator.opened(now))
      this.options.outbox.trace({ kind: "group-put-aside", partition: this.hosted.partition, group: groupId, because });
    // This leadership is younger than whatever offsets were committed for: a topic that is not known here is gone.
    coordinator.forgetTopics(this.options.isThere, now);
    this.tell(epoch, true);
  }

  private recordsOf(bytes: Uint8Array, position: number): readonly GroupRecord[] {
    if (isControlBatch(bytes, position)) return [];
    const records = this.readable(baseOffsetOf(bytes, position), () => decodeRecords(bytes, position)) ?? [];
    return records.flatMap((record) => this.readable(record.offset, () => decodeGroupRecord(record)) ?? []);
  }

  /** Undefined where the bytes are of a later version, or damaged: that is told, and the rest is loaded. */
  private readable<T>(at: number, decode: () => T): T | undefined {
    try {
      return decode();
    } catch (error) {
      if (!(error instanceof DecodeError || error instanceof MissingCodecError)) throw error;
      this.options.outbox.trace({ kind: "group-record-skipped", partition: this.hosted.partition, offset: at, because: error.message });
      return undefined;
    }
  }

  private tell(epoch: LeaderEpoch, isActive: boolean): void {
    const { partition, replica } = this.hosted;
    this.options.outbox.trace({ kind: "group-coordinator", partition, leaderEpoch: epoch, isActive, highWatermark: replica.highWatermark });
  }
}

/** Undefined for what can't be written as a client said it: a name that is no UTF-8 grows when it is said again. */
function batchOf(records: readonly GroupRecord[], { wallMs }: Now): Uint8Array | undefined {
  try {
    return encodeBatch({ records: records.map((record) => ({ ...encodeGroupRecord(record), timestamp: wallMs })) });
  } catch (error) {
    if (error instanceof EncodeError) return undefined;
    throw error;
  }
}
