import type { Outbox } from "@samsa/world";

/** What one partition's log tells whoever follows the node. */
export class LogTrace {
  private readonly outbox: Outbox;
  private readonly partition: { readonly topic: string; readonly partition: number };

  constructor(outbox: Outbox, topic: string, partition: number) {
    this.outbox = outbox;
    this.partition = { topic, partition };
  }

  recovered(path: string, endOffset: number, { droppedBytes, scannedBytes }: { readonly droppedBytes: number; readonly scannedBytes: number }): void {
    this.outbox.trace({ kind: "log-recovered", path, endOffset, droppedBytes, scannedBytes });
  }

  appended(batch: { readonly baseOffset: number; readonly endOffset: number; readonly leaderEpoch: number }): void {
    const { outbox, partition } = this;
    const { baseOffset, endOffset, leaderEpoch } = batch;
    if (outbox.isDetailed) outbox.trace({ kind: "append", ...partition, baseOffset, endOffset, leaderEpoch });
  }

  truncated(toOffset: number, fromOffset: number, because: string): void {
    this.outbox.trace({ kind: "truncate", ...this.partition, toOffset, fromOffset, because });
  }

  uncleanable(fromOffset: number, because: string): void {
    this.outbox.trace({ kind: "log-uncleanable", ...this.partition, fromOffset, because });
  }

  wentOffline(because: string): void {
    this.outbox.trace({ kind: "replica-offline", ...this.partition, because });
  }
}
