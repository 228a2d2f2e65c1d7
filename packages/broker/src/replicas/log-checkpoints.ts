import { decodeOffsetCheckpoint, encodeOffsetCheckpoint, type OffsetCheckpointEntry, PatientOutbox } from "@samsa/log";
import { type BrokerEpoch, earlier, encodeUtf8, type Micros, micros, type Now, type Offset } from "@samsa/stdx";
import type { DirectoryEntry, Outbox } from "@samsa/world";
import { DirectoryFiles } from "./directory-files.ts";

/** Kafka's names. */
const RECOVERY_POINTS = "recovery-point-offset-checkpoint";
const HIGH_WATERMARKS = "replication-offset-checkpoint";
const CLEAN_STOP = ".kafka_cleanshutdown";

/** Kafka's producer.id.expiration.check.interval.ms. */
const EXPIRATION_CHECK_INTERVAL_US = 600_000_000;

/** What of a hosted partition is written down. */
export interface CheckpointedReplica {
  readonly topic: string;
  readonly partition: number;
  readonly replica: { readonly highWatermark: Offset };
  readonly log: { readonly isReady: boolean; readonly syncedEnd: Offset; expireProducers(now: Now): void; stop(now: Now, stopped: (now: Now) => void): void };
}

/** What the last process wrote down of a partition. */
export interface LastCheckpoint {
  readonly recoveryPoint: number | undefined;
  readonly highWatermark: number | undefined;
  readonly isCleanStop: boolean;
}

export interface LogCheckpointsOptions {
  readonly outbox: Outbox;
  /** The log directory, relative to the node's disk. */
  readonly directory: string;
  readonly recoveryPointIntervalMs: number;
  readonly highWatermarkIntervalMs: number;
  readonly replicas: () => Iterable<CheckpointedReplica>;
  readonly failed: (detail: string, now: Now) => void;
}

/** One of the two files: when it is due. */
interface Schedule {
  readonly name: string;
  readonly intervalMs: number;
  readonly offsetOf: (replica: CheckpointedReplica) => number;
  readonly last: Map<string, number>;
  /** Something has moved since it was written; undefined: nothing. */
  dueAt: Micros | undefined;
}

/**
 * What one log directory says of its partitions from one process to the next, in Kafka's files: up to where each log is on the disk, what is
 * committed, and whether the process stopped in order.
 *
 *     load: list ──▶ read both checkpoints ──▶ delete the marker ──▶ loaded        the marker goes before anything is changed (KAFKA-10471)
 *     stop: every log stopped ──▶ both checkpoints ──▶ the marker ──▶ stopped      and comes after all there is to write (KAFKA-15375)
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
  private isCleanStop = false;
  private isStopping = false;
  /** Where nothing is written nobody has to be forgotten in a hurry: it goes with the checkpoints. */
  private expiredAt: number = 0;

  constructor(options: LogCheckpointsOptions) {
    const { outbox, directory, failed, recoveryPointIntervalMs, highWatermarkIntervalMs } = options;
    this.options = options;
    this.patient = new PatientOutbox(outbox, () => undefined);
    this.files = new DirectoryFiles({ outbox: this.patient, directory, failed });
    const schedule = (name: string, intervalMs: number, offsetOf: Schedule["offsetOf"]): Schedule => {
      return { name, intervalMs, offsetOf, last: new Map(), dueAt: undefined };
    };
    this.recoveryPoints = schedule(RECOVERY_POINTS, recoveryPointIntervalMs, ({ log }) => log.syncedEnd);
    this.highWatermarks = schedule(HIGH_WATERMARKS, highWatermarkIntervalMs, ({ replica }) => replica.highWatermark);
  }

  load(loaded: (now: Now) => void): void {
    this.files.list((entries, now) => {
      this.isCleanStop = entries.some(({ name }) => name === CLEAN_STOP);
      this.read(this.recoveryPoints, entries, now, (at) => {
        this.read(this.highWatermarks, entries, at, (later) => {
          if (this.isCleanStop) this.files.delete(CLEAN_STOP, loaded);
          else loaded(later);
        });
      });
    });
  }

  of(topic: string, partition: number): LastCheckpoint {
    const key = keyOf(topic, partition);
    return { recoveryPoint: this.recoveryPoints.last.get(key), highWatermark: this.highWatermarks.last.get(key), isCleanStop: this.isCleanStop };
  }

  /** Records were written, or the high watermark has moved. */
  moved(now: Now): void {
    for (const schedule of [this.recoveryPoints, this.highWatermarks]) schedule.dueAt ??= micros(now.monotonicUs + schedule.intervalMs * 1000);
  }

  get nextDeadlineUs(): Micros | undefined {
    const retryAt = this.patient.nextDeadlineUs;
    return this.isStopping ? retryAt : earlier(retryAt, earlier(this.recoveryPoints.dueAt, this.highWatermarks.dueAt));
  }

  deadline(now: Now): void {
    this.patient.deadline(now);
    if (this.isStopping) return;
    if (now.monotonicUs - this.expiredAt >= EXPIRATION_CHECK_INTERVAL_US) this.expireProducers(now);
    for (const schedule of [this.recoveryPoints, this.highWatermarks])
      if (schedule.dueAt !== undefined && schedule.dueAt <= now.monotonicUs) this.save(schedule);
  }

  /** Stops every log, and says so in the directory if all of them stopped in order. */
  stop(brokerEpoch: BrokerEpoch, now: Now, stopped: (now: Now) => void): void {
    const replicas = [...this.options.replicas()];
    const areAllReady = replicas.every(({ log }) => log.isReady);
    // A stopped log knows its ends no more than an offline one.
    const points = this.contentOf(this.recoveryPoints);
    const watermarks = this.contentOf(this.highWatermarks);
    let left = replicas.length;
    this.isStopping = true;
    const one = (): void => {
      if (--left > 0) return;
      this.files.write(RECOVERY_POINTS, points);
      this.files.write(HIGH_WATERMARKS, watermarks, areAllReady ? undefined : stopped);
      if (areAllReady) this.files.write(CLEAN_STOP, encodeUtf8(`{"version":0,"brokerEpoch":${brokerEpoch}}`), stopped);
    };
    if (left === 0) return this.stopEmpty(stopped);
    for (const { log } of replicas) log.stop(now, one);
  }

  private stopEmpty(stopped: (now: Now) => void): void {
    this.files.write(HIGH_WATERMARKS, this.contentOf(this.highWatermarks), stopped);
  }

  private expireProducers(now: Now): void {
    this.expiredAt = now.monotonicUs;
    for (const { log } of this.options.replicas()) log.expireProducers(now);
  }

  private read(schedule: Schedule, entries: readonly DirectoryEntry[], now: Now, next: (now: Now) => void): void {
    const entry = entries.find(({ name }) => name === schedule.name);
    if (entry === undefined) return next(now);
    this.files.read(entry, now, (content, at) => {
      for (const { topic, partition, offset } of decodeOffsetCheckpoint(content) ?? []) schedule.last.set(keyOf(topic, partition), offset);
      next(at);
    });
  }

  private save(schedule: Schedule): void {
    schedule.dueAt = undefined;
    this.files.write(schedule.name, this.contentOf(schedule));
  }

  /** Of a log that is still read at the start what was known before. */
  private contentOf({ last, offsetOf }: Schedule): Uint8Array {
    const entries: OffsetCheckpointEntry[] = [];
    for (const replica of this.options.replicas()) {
      const { topic, partition, log } = replica;
      const offset = log.isReady ? offsetOf(replica) : last.get(keyOf(topic, partition));
      if (offset !== undefined) entries.push({ topic, partition, offset });
    }
    return encodeOffsetCheckpoint(entries);
  }
}

const keyOf = (topic: string, partition: number): string => `${topic}-${partition}`;
