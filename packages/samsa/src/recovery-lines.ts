import { type Micros, micros } from "@samsa/stdx";
import type { TraceBody } from "@samsa/world";
import type { Log } from "@samsa/world-node";

const LINE_EVERY_US = 1_000_000;
const MIB = 1024 * 1024;

type Recovering = Extract<TraceBody, { kind: "log-recovering" }>;

/** How far the logs' recovery has come, in one line a second: of one log at a time, however many are read. */
export class RecoveryLines {
  private readonly log: Log;
  private nextAt: Micros = micros(0);

  constructor(log: Log) {
    this.log = log;
  }

  tell(event: Recovering, now: Micros): void {
    if (now < this.nextAt) return;
    this.nextAt = micros(now + LINE_EVERY_US);
    this.log.info(`recovering ${event.path}: ${mebibytes(event.scannedBytes)} of ${mebibytes(event.totalBytes)} MiB`, event);
  }
}

const mebibytes = (bytes: number): number => Math.round(bytes / MIB);
