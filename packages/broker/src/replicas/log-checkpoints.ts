import { decodeOffsetCheckpoint, encodeOffsetCheckpoint, type OffsetCheckpointEntry, PatientOutbox } from "@samsa/log";
import { afterMs, type BrokerEpoch, earlier, encodeUtf8, type Micros, micros, type Now, type Offset } from "@samsa/stdx";
import type { DirectoryEntry, Outbox } from "@samsa/world";
import { DirectoryFiles } from "./directory-files.ts";

/** Kafka's names. */
const RECOVERY_POINTS = "recovery-point-offset-checkpoint";
const HIGH_WATERMARKS = "replication-offset-checkpoint";
const LOG_STARTS = "log-start-offset-checkpoint";
const CLEAN_STOP = ".kafka_cleanshutdown";

/** How soon the recovery point of a log is written of which none was: without one the next start reads it from its first record. */
const FIRST_POINT_MS = 1000;

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
    expireProducers(now: Now): void;
    stop(now: Now, stopped: (isWhole: boolean, now: Now) => void): void;
  };
}

/** What the last process wrote down of a partition. */
export interface LastCheckpoint {
  readonly recoveryPoint: number | undefined;
  readonly highWatermark: number | undefined;
  readonly logStartOffset: number | undefined;
  readonly isCleanStop: boolean;
}

export interface LogCheckpointsOptions {
  readonly outbox: Outbox;
  /** The log directory, relative to the node's disk. */
  readonly directory: string;
  readonly recoveryPointIntervalMs: number;
  readonly highWatermarkIntervalMs: number;
  readonly logStartIntervalMs: number;
  readonly replicas: () => Iterable<CheckpointedReplica>;
  readonly failed: (detail: string, now: Now) => void;
}

/** One of the three files: when it is due. */
interface Schedule {
  readonly name: string;
  readonly intervalMs: number;
  /** Undefined: there is nothing to say. */
  readonly offsetOf: (replica: CheckpointedReplica) => number | undefined;
  last: ReadonlyMap<string, number>;
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
export class LogCheckpoints {
  private readonly options: LogCheckpointsOptions;
  /** A full disk delays a checkpoint; an older one only makes the next start read more. */
  private readonly patient: PatientOutbox;
  private readonly files: DirectoryFiles;
  private readonly recoveryPoints: Schedule;
  private readonly highWatermarks: Schedule;
  private readonly logStarts: Schedule;
  /** Those of which the recovery points' file speaks. */
  private pointed: ReadonlySet<CheckpointedReplica> = new Set();
  private isCleanStop = false;
  private isStopping = false;
  /** Who waits for the end of `load` or `stop`; a directory that fails keeps nobody waiting. */
  private awaited: (now: Now) => void = () => undefined;
  /** Where nothing is written nobody has to be forgotten in a hurry: it goes with the checkpoints. */
  private expiredAt: number = 0;

  constructor(options: LogCheckpointsOptions) {
    const { outbox, directory, failed, recoveryPointIntervalMs, highWatermarkIntervalMs, logStartIntervalMs } = options;
    this.options = options;
    const gaveUp = (detail: string, now: Now): void => {
      failed(detail, now);
      this.end(now);
    };
    this.patient = new PatientOutbox(outbox, () => this.hurryIf());
    this.files = new DirectoryFiles({ outbox: this.patient, directory, failed: gaveUp });
    const schedule = (name: string, intervalMs: number, offsetOf: Schedule["offsetOf"]): Schedule => {
      return { name, intervalMs, offsetOf, last: new Map(), dueAt: undefined };
    };
    this.recoveryPoints = schedule(RECOVERY_POINTS, recoveryPointIntervalMs, ({ log }) => log.syncedEnd);
    this.highWatermarks = schedule(HIGH_WATERMARKS, highWatermarkIntervalMs, ({ replica }) => replica.highWatermark);
    // The others are told by the names of their files.
    const startOf = ({ log }: CheckpointedReplica): number | undefined => (log.logStartOffset > log.firstSegmentOffset ? log.logStartOffset : undefined);
    this.logStarts = schedule(LOG_STARTS, logStartIntervalMs, startOf);
  }

  load(loaded: (now: Now) => void): void {
    this.awaited = loaded;
    this.files.list((entries, now) => {
      this.isCleanStop = entries.some(({ name }) => name === CLEAN_STOP);
      this.read(this.recoveryPoints, entries, now, (at) => {
        this.read(this.highWatermarks, entries, at, (later) => {
          this.read(this.logStarts, entries, later, (inTheEnd) => {
            if (this.isCleanStop) this.files.delete(CLEAN_STOP, (deleted) => this.end(deleted));
            else this.end(inTheEnd);
          });
        });
      });
    });
  }

  of(topic: string, partition: number): LastCheckpoint {
    const key = keyOf(topic, partition);
    const { isCleanStop } = this;
    const lastOf = ({ last }: Schedule): number | undefined => last.get(key);
    return { recoveryPoint: lastOf(this.recoveryPoints), highWatermark: lastOf(this.highWatermarks), logStartOffset: lastOf(this.logStarts), isCleanStop };
  }

  /** Records were written, or the high watermark has moved. */
  moved(replica: CheckpointedReplica, now: Now): void {
    const { recoveryPoints } = this;
    for (const schedule of [recoveryPoints, this.highWatermarks]) schedule.dueAt ??= micros(now.monotonicUs + schedule.intervalMs * 1000);
    if (replica.log.syncedEnd > replica.log.firstSegmentOffset && !this.pointed.has(replica))
      recoveryPoints.dueAt = earlier(recoveryPoints.dueAt, afterMs(now, FIRST_POINT_MS));
  }

  /**
   * The log has less than its high watermark was. Where the file says more it is written at once, and made to last:
   *
   * 1. It says 204, and the log loses all from 118 on: with the power, or to the leader of an unclean election; 2. the log grows to 198, of which 197
   * are committed; 3. the next start would find 204 there, and take 198 for committed.
   */
  highWatermarkFell({ topic, partition, replica }: CheckpointedReplica, now: Now): void {
    const { highWatermarks } = this;
    if ((highWatermarks.last.get(keyOf(topic, partition)) ?? 0) > replica.highWatermark) highWatermarks.dueAt = now.monotonicUs;
  }

  /** A log starts elsewhere. Where that is before what the file says it is written at once: the file is not to hide what comes there. */
  startMoved({ topic, partition, log }: CheckpointedReplica, now: Now): void {
    const { logStarts } = this;
    const isAhead = (logStarts.last.get(keyOf(topic, partition)) ?? 0) > log.logStartOffset;
    logStarts.dueAt = isAhead ? now.monotonicUs : (logStarts.dueAt ?? micros(now.monotonicUs + logStarts.intervalMs * 1000));
  }

  get nextDeadlineUs(): Micros | undefined {
    const retryAt = this.patient.nextDeadlineUs;
    const dueAt = earlier(this.logStarts.dueAt, earlier(this.recoveryPoints.dueAt, this.highWatermarks.dueAt));
    return this.isStopping ? retryAt : earlier(retryAt, dueAt);
  }

  deadline(now: Now): void {
    this.patient.deadline(now);
    if (this.isStopping) return;
    if (now.monotonicUs - this.expiredAt >= EXPIRATION_CHECK_INTERVAL_US) this.expireProducers(now);
    for (const schedule of [this.recoveryPoints, this.highWatermarks, this.logStarts])
      if (schedule.dueAt !== undefined && schedule.dueAt <= now.monotonicUs) this.save(schedule);
  }

  /** Stops every log, and says so in the directory if all of them stopped in order. */
  stop(brokerEpoch: BrokerEpoch, now: Now, stopped: (now: Now) => void): void {
    const replicas = [...this.options.replicas()];
    // Nothing is known of the logs yet: the files say what the last process knew.
    if (replicas.length === 0) return stopped(now);
    // A stopped log knows its ends no more than an offline one.
    const points = encodeOffsetCheckpoint(this.entriesOf(this.recoveryPoints));
    const watermarks = this.entriesOf(this.highWatermarks);
    const starts = encodeOffsetCheckpoint(this.entriesOf(this.logStarts));
    let left = replicas.length;
    let areAllWhole = true;
    this.isStopping = true;
    this.awaited = stopped;
    this.hurryIf();
    const ended = (at: Now): void => this.end(at);
    const one = (isWhole: boolean): void => {
      areAllWhole &&= isWhole;
      if (--left > 0) return;
      this.files.writeSynced(LOG_STARTS, starts);
      this.files.write(RECOVERY_POINTS, points);
      this.writeWatermarks(watermarks, areAllWhole ? undefined : ended);
      if (areAllWhole) this.files.write(CLEAN_STOP, encodeUtf8(`{"version":0,"brokerEpoch":${brokerEpoch}}`), ended);
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

  private read(schedule: Schedule, entries: readonly DirectoryEntry[], now: Now, next: (now: Now) => void): void {
    const entry = entries.find(({ name }) => name === schedule.name);
    if (entry === undefined) return next(now);
    this.files.read(entry, now, (content, at) => {
      schedule.last = offsetsOf(decodeOffsetCheckpoint(content) ?? []);
      next(at);
    });
  }

  private save(schedule: Schedule): void {
    schedule.dueAt = undefined;
    const entries = this.entriesOf(schedule);
    if (schedule === this.highWatermarks) return this.writeWatermarks(entries);
    const content = encodeOffsetCheckpoint(entries);
    if (schedule === this.recoveryPoints) {
      this.pointed = new Set(this.options.replicas());
      return this.files.write(schedule.name, content);
    }
    this.files.writeSynced(schedule.name, content);
    schedule.last = offsetsOf(entries);
  }

  /** What fell is to be gone for good, and what is told no more: the next records there, or the next log of that name, are others. */
  private writeWatermarks(entries: readonly OffsetCheckpointEntry[], done?: (now: Now) => void): void {
    const before = this.highWatermarks.last;
    const told = offsetsOf(entries);
    const hasFallen = [...before].some(([key, offset]) => (told.get(key) ?? 0) < offset);
    this.highWatermarks.last = told;
    const content = encodeOffsetCheckpoint(entries);
    if (hasFallen) this.files.writeSynced(HIGH_WATERMARKS, content, done);
    else this.files.write(HIGH_WATERMARKS, content, done);
  }

  /** Of a log that is still read at the start what was known before. */
  private entriesOf({ last, offsetOf }: Schedule): OffsetCheckpointEntry[] {
    const entries: OffsetCheckpointEntry[] = [];
    for (const replica of this.options.replicas()) {
      const { topic, partition, log } = replica;
      const offset = log.isReady ? offsetOf(replica) : last.get(keyOf(topic, partition));
      if (offset !== undefined) entries.push({ topic, partition, offset });
    }
    return entries;
  }
}

const offsetsOf = (entries: readonly OffsetCheckpointEntry[]): ReadonlyMap<string, number> =>
  new Map(entries.map(({ topic, partition, offset }) => [keyOf(topic, partition), offset]));

const keyOf = (topic: string, partition: number): string => `${topic}-${partition}`;
