import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { History } from "@samsa/history";

export interface KcatProducerOptions {
  readonly bootstrap: string;
  readonly topic: string;
  readonly partition: number;
  /** A batch of ten every so often. */
  readonly intervalMs: number;
  /** librdkafka's, each `key=value`; those that are not named have its defaults. */
  readonly properties: readonly string[];
  readonly history: History;
  readonly nowUs: () => number;
  readonly onAck: () => void;
}

type Send = ReturnType<History["invokeSend"]>;

const BATCH_RECORDS = 10;
const IDEMPOTENCE = "enable.idempotence=true";
/** From the second `-v` on kcat tells of each record that was acknowledged. */
const DELIVERED = /^% Message delivered to partition \d+ \(offset (-?\d+)\)/;

/** kcat, which is librdkafka, as a producer to one partition, whose records and acknowledgements a history takes down. */
export class KcatProducer {
  acked = 0;
  private readonly options: KcatProducerOptions;
  private readonly child: ChildProcessByStdio<Writable, null, Readable>;
  private readonly sends: Send[] = [];
  private readonly failed: string[] = [];
  private readonly isInOrder: boolean;
  private readonly timer: NodeJS.Timeout;
  private readonly ended: Promise<number | null>;

  constructor(options: KcatProducerOptions) {
    const { bootstrap, topic, partition, properties, intervalMs } = options;
    this.options = options;
    this.isInOrder = properties.includes(IDEMPOTENCE);
    // -E: librdkafka says "all brokers are down" when each has been down once, for it opens no connection that it does not need; kcat would end.
    const args = ["-b", bootstrap, "-P", "-E", "-t", topic, "-p", String(partition), "-v", "-v", ...properties.flatMap((property) => ["-X", property])];
    this.child = spawn("kcat", args, { stdio: ["pipe", "ignore", "pipe"] });
    // What is written to one that has ended is not acknowledged, and its end says why.
    this.child.stdin.on("error", () => undefined);
    this.ended = once(this.child, "close").then(([code]) => code as number | null);
    createInterface({ input: this.child.stderr }).on("line", (line) => this.told(line));
    // One batch after the other, also while nobody leads: librdkafka keeps what it could not send yet.
    this.timer = setInterval(() => this.write(), intervalMs);
  }

  get sent(): number {
    return this.sends.length;
  }

  /** Resolves when kcat has ended: every record was acknowledged or given up. */
  async stop(): Promise<{ readonly code: number | null; readonly failed: readonly string[] }> {
    clearInterval(this.timer);
    this.child.stdin.end();
    return { code: await this.ended, failed: this.failed };
  }

  /** Nobody waits for it any more: its cluster goes away. */
  abandon(): void {
    clearInterval(this.timer);
    this.child.kill("SIGKILL");
  }

  private write(): void {
    const { topic, partition, history, nowUs } = this.options;
    for (let index = 0; index < BATCH_RECORDS; index++) {
      const send = history.invokeSend(partition, { topic, partition }, nowUs());
      this.sends.push(send);
      this.child.stdin.write(`${history.payloadOf(send)}\n`);
    }
  }

  private told(line: string): void {
    if (line.includes("Delivery failed")) this.failed.push(line);
    const [, offset] = DELIVERED.exec(line) ?? [];
    const send = this.sends[this.acked];
    if (offset === undefined || send === undefined) return;
    // Only an idempotent producer's records are acknowledged in the order in which they were sent; of another's it is known that as many are.
    // Negative where the broker had the record already and did not say where.
    const isKnown = this.isInOrder && Number(offset) >= 0;
    this.options.history.ackSend(send, isKnown ? Number(offset) : undefined, this.options.nowUs());
    this.acked++;
    this.options.onAck();
  }
}
