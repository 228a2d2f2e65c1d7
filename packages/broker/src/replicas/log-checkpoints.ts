import { decodeOffsetCheckpoint, encodeOffsetCheckpoint, type OffsetCheckpointEntry, PatientOutbox } from "@samsa/log";
import { afterMs, type BrokerEpoch, earlier, encodeUtf8, type Micros, micros, type Now, type Offset } from "@samsa/stdx";
import type { DirectoryEntry, Outbox } from "@samsa/world";
import { DirectoryFiles, type FileContent } from "./directory-files.ts";

/** Kafka's names. */
const RECOVERY_POINTS = "recovery-point-offset-checkpoint";
const HIGH_WATERMARKS = "replication-offset-checkpoint";
const LOG_STARTS = "log-start-offset-checkpoint";
const CLEANED_ENDS = "cleaner-offset-checkpoint";
const CLEAN_STOP = ".kafka_cleanshutdown";

/** How soon the recovery point of a log is written of which none was: without one the next start reads it from its first record. */
const FIRST_POINT_MS = 1000;

/** Compaction goes through many logs one after the other. */
const CLEANED_ENDS_MS = 1000;

/** Kafka's producer.id.expiration.check.interval.ms. */
const EXPIRATION_CHECK_INTERVAL_US = 600_000_000;

/** What of a hosted partition is written down. */
export interface CheckpointedReplica {
  readonly topic: string;
  readonly partition: number;
  readonly replica: { readonly highWatermark: Offset };
  readonly log: {
    readonly isReady: boolean;
    readonly syncedEnd: Offset;
    readonly logStartOffset: Offset;
    readonly firstSegmentOffset: Offset;
    readonly firstFileOffset: Offset;
    readonly compaction: { readonly cleanedEnd: number | undefined };
    expireProducers(now: Now): void;
    stop(now: Now, stopped: (isWhole: boolean, now: Now) => void): void;
  };
}

/** What the last process wrote down of a partition. */
export interface LastCheckpoint {
  readonly recoveryPoint: number | undefined;
  readonly highWatermark: number | undefined;
  readonly logStartOffset: number | undefined;
  readonly cleanedEnd: number | undefined;
  readonly isCleanStop: boolean;
}

export interface LogCheckpointsOptions<R extends CheckpointedReplica> {
  readonly outbox: Outbox;
  /** The log directory, relative to the node's disk. */
  readonly directory: string;
  readonly recoveryPointIntervalMs: number;
  readonly highWatermarkIntervalMs: number;
  readonly logStartIntervalMs: number;
  readonly replicas: () => Iterable<R>;
  readonly failed: (detail: string, now: Now) => void;
  /** A replica that the files overstated is overstated no more. */
  readonly corrected: (replica: R, now: Now) => void;
}

/** One of the four files: when it is due. */
interface Schedule<R> {
  readonly name: string;
  readonly intervalMs: number;
  /** Undefined: there is nothing to say. */
  readonly offsetOf: (replica: CheckpointedReplica) => number | undefined;
  /** What the newest content says that was begun to be written. */
  last: ReadonlyMap<string, number>;
  /** How often it was begun to be written. */
  writes: number;
  /** Of whom the file says more than there is, and by which write it will not. */
  readonly overstated: Map<R, number>;
  /** Something has moved since it was written; undefined: nothing. */
  dueAt: Micros | undefined;
}

/**
 * What one log directory says of its partitions from one process to the next, in Kafka's files: up to where each log is on the disk, what is
 * committed, where those logs start that start within a segment, and whether the process stopped in order.
 *
 *     load: list ──▶ read the checkpoints ──▶ delete the marker ──▶ loaded        the marker goes before anything is changed (KAFKA-10471)
 *     stop: every log stopped ──▶ the checkpoints ──▶ the marker ──▶ stopped      and comes after all there is to write (KAFKA-15375)
 *
 * The marker only saves the next start from reading the logs' ends. Whether unsynced records survived is told by the boot id alone (ADR 3).
 */
export class LogCheckpoints<R extends CheckpointedReplica> {
  private readonly options: LogCheckpointsOptions<R>;
  /** A full disk delays a checkpoint; an older one only makes the next start read more. */
  private readonly patient: PatientOutbox;
  private readonly files: DirectoryFiles;
  private readonly recoveryPoints: Schedule<R>;
  private readonly highWatermarks: Schedule<R>;
  private readonly logStarts: Schedule<R>;
  private readonly cleanedEnds: Schedule<R>;
  /** Those of which the recovery points' file speaks. */
  private pointed: ReadonlySet<R> = new Set();
  private isCleanStop = false;
  private isStopping = false;
  /** Who waits for the end of `load` or `stop`; a directory that fails keeps nobody waiting. */
  private awaited: (now: Now) => void = () => undefined;
  /** Where nothing is written nobody has to be forgotten in a hurry: it goes with the checkpoints. */
  private expiredAt: number = 0;

  constructor(options: LogCheckpointsOptions<R>) {
    const { outbox, directory, failed, recoveryPointIntervalMs, highWatermarkIntervalMs, logStartIntervalMs } = options;
    this.options = options;
    const gaveUp = (detail: string, now: Now): void => {
      failed(detail, now);
      this.end(now);
    };
    this.patient = new PatientOutbox(outbox, () => this.hurryIf());
    this.files = new DirectoryFiles({ outbox: this.patient, directory, failed: gaveUp });
    const schedule = (name: string, intervalMs: number, offsetOf: Schedule<R>["offsetOf"]): Schedule<R> => {
      return { name, intervalMs, offsetOf, last: new Map(), writes: 0, overstated: new Map(), dueAt: undefined };
    };
    this.recoveryPoints = schedule(RECOVERY_POINTS, recoveryPointIntervalMs, ({ log }) => log.syncedEnd);
    this.highWatermarks = schedule(HIGH_WATERMARKS, highWatermarkIntervalMs, ({ replica }) => replica.highWatermark);
    // The others are told by the names of their files.
    const startOf = ({ log }: CheckpointedReplica): number | undefined => (log.logStartOffset > log.firstFileOffset ? log.logStartOffset : undefined);
    this.logStarts = schedule(LOG_STARTS, logStartIntervalMs, startOf);
    this.cleanedEnds = schedule(CLEANED_ENDS, CLEANED_ENDS_MS, ({ log }) => log.compaction.cleanedEnd);
  }

  load(loaded: (now: Now) => void): void {
    this.awaited = loaded;
    this.files.list((entries, now) => {
      this.isCleanStop = entries.some(({ name }) => name === CLEAN_STOP);
      this.read(this.recoveryPoints, entries, now, (at) => {
        this.read(this.highWatermarks, entries, at, (later) => {
          this.read(this.logStarts, entries, later, (latest) => {
            this.read(this.cleanedEnds, entries, latest, (inTheEnd) => {
              if (this.isCleanStop) this.files.delete(CLEAN_STOP, (deleted) => this.end(deleted));
              else this.end(inTheEnd);
            });
          });
        });
      });
    });
  }

  of(topic: string, partition: number): LastCheckpoint {
    const key = keyOf(topic, partition);
    const { isCleanStop } = this;
    const lastOf = ({ last }: Schedule<R>): number | undefined => last.get(key);
    const [recoveryPoint, highWatermark] = [lastOf(this.recoveryPoints), lastOf(this.highWatermarks)];
    return { recoveryPoint, highWatermark, logStartOffset: lastOf(this.logStarts), cleanedEnd: lastOf(this.cleanedEnds), isCleanStop };
  }

  /** Records were written, or the high watermark has moved. */
  moved(replica: R, now: Now): void {
    const { recoveryPoints } = this;
    for (const schedule of [recoveryPoints, this.highWatermarks]) schedule.dueAt ??= micros(now.monotonicUs + schedule.intervalMs * 1000);
    if (replica.log.syncedEnd > replica.log.firstSegmentOffset && !this.pointed.has(replica))
      recoveryPoints.dueAt = earlier(recoveryPoints.dueAt, afterMs(now, FIRST_POINT_MS));
  }

  /**
   * The log has less than its high watermark was, starts earlier than it did, or is compacted less far. Where a file says more it is written at once, and made to last; until it
   * is, `overstates` says so, and the replica is to take no records:
   *
   * 1. It says that 204 are committed, and the log loses all from 118 on: with the power, or to the leader of an unclean election; 2. the log grows to
   * 198, of which 197 are committed; 3. the next start would find 204 there, and take 198 for committed.
   *
   * 1. It says that the log starts at 59, and the log begins anew at 40, where an unclean leader's ends; 2. it grows to 200, all committed; 3. the next
   * start would have it begin at 59, and as a leader make the others delete what is before.
   *
   * 1. It says that the log is compacted up to 100, and the log is cut to 50; 2. it grows to 120, with a tombstone at 80 that a leader has kept for its time;
   * 3. the next start would take what lies before 100 for compacted, drop the tombstone, and leave the record at 5 that it deletes.
   */
  fell(replica: R, now: Now): void {
    const key = keyOf(replica.topic, replica.partition);
    const correct = (schedule: Schedule<R>, offset: number): void => {
      if ((schedule.last.get(key) ?? 0) <= offset) return;
      schedule.overstated.set(replica, schedule.writes + 1);
      schedule.dueAt = now.monotonicUs;
    };
    correct(this.highWatermarks, replica.replica.highWatermark);
    correct(this.logStarts, replica.log.logStartOffset);
    correct(this.cleanedEnds, replica.log.compaction.cleanedEnd ?? 0);
  }

  /** A file says more of it than there is. */
  overstates(replica: R): boolean {
    return [this.highWatermarks, this.logStarts, this.cleanedEnds].some(({ overstated }) => overstated.has(replica));
  }

  /** A log starts further on. */
  startMoved(now: Now): void {
    this.logStarts.dueAt ??= afterMs(now, this.logStarts.intervalMs);
  }

  /** A log was compacted further. An older file only makes the next process go through it again. */
  cleaned(now: Now): void {
    this.cleanedEnds.dueAt ??= afterMs(now, this.cleanedEnds.intervalMs);
  }

  get nextDeadlineUs(): Micros | undefined {
    const retryAt = this.patient.nextDeadlineUs;
    const dueAt = earlier(earlier(this.logStarts.dueAt, this.cleanedEnds.dueAt), earlier(this.recoveryPoints.dueAt, this.highWatermarks.dueAt));
    return this.isStopping ? retryAt : earlier(retryAt, dueAt);
  }

  deadline(now: Now): void {
    this.patient.deadline(now);
    if (this.isStopping) return;
    if (now.monotonicUs - this.expiredAt >= EXPIRATION_CHECK_INTERVAL_US) this.expireProducers(now);
    for (const schedule of [this.recoveryPoints, this.highWatermarks, this.logStarts, this.cleanedEnds])
      if (schedule.dueAt !== undefined && schedule.dueAt <= now.monotonicUs) this.save(schedule);
  }

  /** Stops every log, and says so in the directory if all of them stopped in order. */
  stop(brokerEpoch: BrokerEpoch, now: Now, stopped: (now: Now) => void): void {
    const replicas = [...this.options.replicas()];
    // Nothing is known of the logs yet: the files say what the last process knew.
    if (replicas.length === 0) return stopped(now);
    // A stopped log knows its ends no more than an offline one.
    const contents = [this.logStarts, this.cleanedEnds, this.recoveryPoints, this.highWatermarks]
      .map((schedule) => ({ schedule, entries: this.entriesOf(schedule) }))
      // Most brokers have nothing that is compacted.
      .filter(({ schedule, entries }) => schedule !== this.cleanedEnds || entries.length > 0 || schedule.last.size > 0);
    let left = replicas.length;
    let areAllWhole = true;
    this.isStopping = true;
    this.awaited = stopped;
    this.hurryIf();
    const ended = (at: Now): void => this.end(at);
    const one = (isWhole: boolean): void => {
      areAllWhole &&= isWhole;
      if (--left > 0) return;
      for (const { schedule, entries } of contents)
        this.files.write(schedule.name, () => contentOf(schedule, entries), areAllWhole || schedule !== this.highWatermarks ? undefined : ended);
      const marker = encodeUtf8(`{"version":0,"brokerEpoch":${brokerEpoch}}`);
      if (areAllWhole) this.files.write(CLEAN_STOP, () => ({ bytes: marker, isSynced: false }), ended);
    };
    for (const { log } of replicas) log.stop(now, one);
  }

  /** A process that ends does not wait for room. */
  private hurryIf(): void {
    if (this.isStopping && this.patient.isWaiting) this.patient.stop();
  }

  private end(now: Now): void {
    const { awaited } = this;
    this.awaited = () => undefined;
    awaited(now);
  }

  private expireProducers(now: Now): void {
    this.expiredAt = now.monotonicUs;
    for (const { log } of this.options.replicas()) log.expireProducers(now);
  }

  private read(schedule: Schedule<R>, entries: readonly DirectoryEntry[], now: Now, next: (now: Now) => void): void {
    const entry = entries.find(({ name }) => name === schedule.name);
    if (entry === undefined) return next(now);
    this.files.read(entry, now, (content, at) => {
      schedule.last = offsetsOf(decodeOffsetCheckpoint(content) ?? []);
      next(at);
    });
  }

  private save(schedule: Schedule<R>): void {
    schedule.dueAt = undefined;
    let write = 0;
    const content = (): FileContent => {
      write = ++schedule.writes;
      if (schedule === this.recoveryPoints) this.pointed = new Set(this.options.replicas());
      return contentOf(schedule, this.entriesOf(schedule));
    };
    this.files.write(schedule.name, content, (now) => this.saved(schedule, write, now));
  }

  private saved({ overstated }: Schedule<R>, write: number, now: Now): void {
    if (this.isStopping) return;
    for (const [replica, correctedBy] of overstated) {
      if (correctedBy > write) continue;
      overstated.delete(replica);
      if (!this.overstates(replica)) this.options.corrected(replica, now);
    }
  }

  /** Of a log that is still read at the start what was known before. */
  private entriesOf({ last, offsetOf }: Schedule<R>): OffsetCheckpointEntry[] {
    const entries: OffsetCheckpointEntry[] = [];
    for (const replica of this.options.replicas()) {
      const { topic, partition, log } = replica;
      const offset = log.isReady ? offsetOf(replica) : last.get(keyOf(topic, partition));
      if (offset !== undefined) entries.push({ topic, partition, offset });
    }
    return entries;
  }
}

/** What the file says from here on. */
function contentOf(schedule: Pick<Schedule<unknown>, "name" | "last">, entries: readonly OffsetCheckpointEntry[]): FileContent {
  const { name, last } = schedule;
  schedule.last = offsetsOf(entries);
  return {
    bytes: encodeOffsetCheckpoint(entries),
    isSynced: name === LOG_STARTS || ((name === HIGH_WATERMARKS || name === CLEANED_ENDS) && hasFallen(last, schedule.last)),
  };
}

/** What fell is to be gone for good, and what is told no more: the next records there, or the next log of that name, are others. */
const hasFallen = (before: ReadonlyMap<string, number>, told: ReadonlyMap<string, number>): boolean =>
  [...before].some(([key, offset]) => (told.get(key) ?? 0) < offset);

const offsetsOf = (entries: readonly OffsetCheckpointEntry[]): ReadonlyMap<string, number> =>
  new Map(entries.map(({ topic, partition, offset }) => [keyOf(topic, partition), offset]));

const keyOf = (topic: string, partition: number): string => `${topic}-${partition}`;
