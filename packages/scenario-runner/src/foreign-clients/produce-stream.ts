import type { History } from "@samsa/history";
import type { ForeignClient } from "./foreign-client.ts";

export interface ProduceStreamOptions {
  readonly client: ForeignClient;
  readonly history: History;
  readonly topic: string;
  readonly partitions: number;
  readonly recordsPerBatch: number;
  /** Between two batches of a partition. */
  readonly pauseMs?: number;
  readonly onChange: () => void;
}

const nowUs = (): number => Math.round(performance.now() * 1000);

/** A foreign idempotent producer as the writer of a history: one loop a partition, each waits for its acknowledgements before it sends more. */
export class ProduceStream {
  /** By partition. */
  readonly ackedBy: number[];
  /** Every value that was sent. */
  readonly sent = new Set<string>();
  /** Records that the client gave up, by the name of its last error. */
  readonly gaveUp = new Map<string, number>();
  private isStopping = false;
  private readonly loops: Promise<void>[];
  private readonly options: ProduceStreamOptions;

  constructor(options: ProduceStreamOptions) {
    this.options = options;
    this.ackedBy = Array.from({ length: options.partitions }, () => 0);
    this.loops = Array.from({ length: options.partitions }, (_, partition) => this.loop(partition));
  }

  get acked(): number {
    return this.ackedBy.reduce((sum, acked) => sum + acked, 0);
  }

  /** Sends no more; resolves when what is on its way has been answered. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.loops);
  }

  private async loop(partition: number): Promise<void> {
    const { pauseMs = 0 } = this.options;
    while (!this.isStopping && !this.options.client.hasEnded) {
      await this.sendBatch(partition);
      this.options.onChange();
      if (pauseMs > 0) await new Promise((later) => setTimeout(later, pauseMs));
    }
  }

  private async sendBatch(partition: number): Promise<void> {
    const { client, history, topic, recordsPerBatch } = this.options;
    const target = { topic, partition };
    const sends = history.invokeBatch(partition, target, recordsPerBatch, nowUs());
    const records = sends.map((send) => ({ key: null, value: history.payloadOf(send), headers: [] }));
    for (const { value } of records) this.sent.add(value);
    try {
      const { offsets } = await client.call("produce", { ...target, acks: -1, compression: "none", isIdempotent: true, records });
      sends.forEach((send, index) => history.ackSend(send, offsets[index] ?? undefined, nowUs()));
      this.ackedBy[partition] = (this.ackedBy[partition] ?? 0) + sends.length;
    } catch (error) {
      // The client has tried again and again: an earlier attempt may have been appended.
      const name = error instanceof Error ? error.name : String(error);
      for (const send of sends) history.endSend(send, { error: name, hadIndefiniteAttempt: true }, nowUs());
      this.gaveUp.set(name, (this.gaveUp.get(name) ?? 0) + sends.length);
    }
  }
}
