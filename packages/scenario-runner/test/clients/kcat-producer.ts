import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { History } from "@samsa/history";

export interface KcatProducerOptions {
  readonly bootstrap: string;
  readonly topic: string;
  readonly history: History;
  readonly nowUs: () => number;
  readonly onAck: () => void;
}

type Send = ReturnType<History["invokeSend"]>;

const BATCH_RECORDS = 10;
const BATCH_INTERVAL_MS = 10;
const PROPERTIES = ["enable.idempotence=true", "linger.ms=5", "reconnect.backoff.ms=20", "retry.backoff.ms=20"];
/** From the second `-v` on kcat tells of each record that was acknowledged. */
const DELIVERED = /^% Message delivered to partition 0 \(offset (-?\d+)\)/;

/** kcat as a producer to partition 0, whose records and acknowledgements a history takes down. */
export class KcatProducer {
  acked = 0;
  private readonly options: KcatProducerOptions;
  private readonly child: ChildProcessByStdio<Writable, null, Readable>;
  private readonly sends: Send[] = [];
  private readonly failed: string[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(options: KcatProducerOptions) {
    const { bootstrap, topic } = options;
    this.options = options;
    const args = ["-b", bootstrap, "-P", "-t", topic, "-p", "0", "-v", "-v", ...PROPERTIES.flatMap((property) => ["-X", property])];
    this.child = spawn("kcat", args, { stdio: ["pipe", "ignore", "pipe"] });
    createInterface({ input: this.child.stderr }).on("line", (line) => this.told(line));
    // One batch after the other, also while nobody leads: librdkafka keeps what it could not send yet.
    this.timer = setInterval(() => this.write(), BATCH_INTERVAL_MS);
  }

  get sent(): number {
    return this.sends.length;
  }

  /** Resolves when kcat has ended: every record was acknowledged or given up. */
  async stop(): Promise<{ readonly code: number | null; readonly failed: readonly string[] }> {
    clearInterval(this.timer);
    const closed = once(this.child, "close");
    this.child.stdin.end();
    const [code] = (await closed) as [number | null];
    return { code, failed: this.failed };
  }

  private write(): void {
    const { topic, history, nowUs } = this.options;
    for (let index = 0; index < BATCH_RECORDS; index++) {
      const send = history.invokeSend(0, { topic, partition: 0 }, nowUs());
      this.sends.push(send);
      this.child.stdin.write(`${history.payloadOf(send)}\n`);
    }
  }

  /** An idempotent producer's records are acknowledged in the order in which they were sent. */
  private told(line: string): void {
    if (line.includes("Delivery failed")) this.failed.push(line);
    const [, offset] = DELIVERED.exec(line) ?? [];
    const send = this.sends[this.acked];
    if (offset === undefined || send === undefined) return;
    // Negative where the broker had the record already and did not say where.
    this.options.history.ackSend(send, Number(offset) < 0 ? undefined : Number(offset), this.options.nowUs());
    this.acked++;
    this.options.onAck();
  }
}
