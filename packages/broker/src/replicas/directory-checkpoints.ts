import { type BrokerEpoch, earlier, type Micros, type Now } from "@samsa/stdx";
import { inLogDirectory, type Outbox } from "@samsa/world";
import type { BrokerConfig } from "../config.ts";
import type { HostedReplica } from "./hosted-replica.ts";
import type { LastCheckpoint } from "./log-checkpoints.ts";
import { LogCheckpoints } from "./log-checkpoints.ts";
import type { LogDirectories } from "./log-directories.ts";

export interface DirectoryCheckpointsOptions {
  readonly config: BrokerConfig;
  readonly outbox: Outbox;
  readonly directories: LogDirectories;
  readonly replicas: () => Iterable<HostedReplica>;
  readonly failed: (logDir: number, detail: string, now: Now) => void;
  readonly corrected: (hosted: HostedReplica, now: Now) => void;
}

const NOTHING: LastCheckpoint = { recoveryPoint: undefined, highWatermark: undefined, logStartOffset: undefined, cleanedEnd: undefined, isCleanStop: false };

/** The checkpoints of every log directory that works, each of what lies in it. */
export class DirectoryCheckpoints {
  private readonly options: DirectoryCheckpointsOptions;
  private readonly byIndex = new Map<number, LogCheckpoints<HostedReplica>>();

  constructor(options: DirectoryCheckpointsOptions) {
    this.options = options;
  }

  /** Once, when it is known which directories can be read. */
  load(loaded: (now: Now) => void): void {
    const { config, outbox, directories, replicas, failed, corrected } = this.options;
    for (const { index } of directories.online) {
      const checkpoints = new LogCheckpoints({
        outbox,
        directory: inLogDirectory(index, ""),
        recoveryPointIntervalMs: config.logFlushOffsetCheckpointIntervalMs,
        highWatermarkIntervalMs: config.replicaHighWatermarkCheckpointIntervalMs,
        logStartIntervalMs: config.logFlushStartOffsetCheckpointIntervalMs,
        replicas: () => [...replicas()].filter(({ logDir }) => logDir === index),
        failed: (detail, now) => {
          this.byIndex.delete(index);
          failed(index, detail, now);
        },
        corrected,
      });
      this.byIndex.set(index, checkpoints);
    }
    let left = this.byIndex.size;
    for (const checkpoints of this.byIndex.values()) checkpoints.load((now) => (--left === 0 ? loaded(now) : undefined));
  }

  of(logDir: number, topic: string, partition: number): LastCheckpoint {
    return this.byIndex.get(logDir)?.of(topic, partition) ?? NOTHING;
  }

  /** Records were written, or a high watermark has moved. */
  moved(hosted: HostedReplica, now: Now): void {
    this.byIndex.get(hosted.logDir)?.moved(hosted, now);
  }

  /** See `LogCheckpoints.fell`. */
  fell(hosted: HostedReplica, now: Now): void {
    this.byIndex.get(hosted.logDir)?.fell(hosted, now);
  }

  /** What is written down of it is more than there is: it takes no part until `corrected`. */
  overstates(hosted: HostedReplica): boolean {
    return this.byIndex.get(hosted.logDir)?.overstates(hosted) === true;
  }

  startMoved(hosted: HostedReplica, now: Now): void {
    this.byIndex.get(hosted.logDir)?.startMoved(now);
  }

  cleaned(hosted: HostedReplica, now: Now): void {
    this.byIndex.get(hosted.logDir)?.cleaned(now);
  }

  get nextDeadlineUs(): Micros | undefined {
    let earliest: Micros | undefined;
    for (const { nextDeadlineUs } of this.byIndex.values()) earliest = earlier(earliest, nextDeadlineUs);
    return earliest;
  }

  deadline(now: Now): void {
    for (const checkpoints of this.byIndex.values()) checkpoints.deadline(now);
  }

  stop(brokerEpoch: BrokerEpoch, now: Now, stopped: (now: Now) => void): void {
    let left = this.byIndex.size;
    if (left === 0) return stopped(now);
    for (const checkpoints of this.byIndex.values()) checkpoints.stop(brokerEpoch, now, (at) => (--left === 0 ? stopped(at) : undefined));
  }
}
