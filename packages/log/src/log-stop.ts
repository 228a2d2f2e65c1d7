import type { Now } from "@samsa/stdx";
import type { LogRecords } from "./log-records.ts";

/** Writes what is in memory before the process ends, in steps: the records, then the files that speak of them. */
export class LogStop {
  private readonly records: LogRecords;
  private readonly stopped: (isWhole: boolean, now: Now) => void;
  private hasFiles = false;
  private hasEnded = false;

  constructor(records: LogRecords, stopped: (isWhole: boolean, now: Now) => void) {
    this.records = records;
    this.stopped = stopped;
    // What it has done so far is of use, or is deleted by the next start.
    records.compaction.stop();
    records.pipeline.pump();
  }

  /** After each completion. A full disk is not waited for. */
  goOn(): "writing" | "whole" | "short" {
    const { records } = this;
    if (records.isFull) return "short";
    if (!records.isWritten) return "writing";
    if (!this.hasFiles) records.files.stopping(records.segments.active, records.snapshot());
    this.hasFiles = true;
    return records.files.isBusy || records.epochs.isFileBusy ? "writing" : "whole";
  }

  /** Whoever waits is told once. */
  end(isWhole: boolean, now: Now): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.stopped(isWhole, now);
  }
}
