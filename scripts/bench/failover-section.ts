import { createLoadTopic, type LoadTopic } from "@samsa/scenario-runner/load";
import { MetadataReader } from "@samsa/scenario-runner/scale";
import type { LoadClient, LoadRun } from "./clients/load-client.ts";
import { addressesOf, type Contender, START_TIMEOUT_MS } from "./contender.ts";
import type { BenchOptions } from "./options.ts";
import type { Report } from "./report.ts";

const WHOLE_TIMEOUT_MS = 120_000;
/** From the last client's first acknowledgement to the kill: they are at their pace then. */
const SETTLE_MS = 2_000;
/** The longest that a client may take until it is acknowledged again; more is told as this. */
const GAP_MS_MAX = 60_000;
/** What comes late, a second gap for instance, still counts. */
const AFTERMATH_MS = 2_000;
const POLL_MS = 20;
/** Topics of one partition get their leaders by turns, or by chance. */
const TOPICS_TRIED_MAX = 48;
const RECORD_BYTES = 100;

/** The longest time without an acknowledgement. */
class AckClock {
  acks = 0;
  private lastMs = performance.now();
  private longestMs = 0;

  readonly acknowledged = (): void => {
    const nowMs = performance.now();
    if (this.acks++ > 0) this.longestMs = Math.max(this.longestMs, nowMs - this.lastMs);
    this.lastMs = nowMs;
  };

  restart(): void {
    this.longestMs = 0;
    this.acks = 1;
  }

  /** One that has not ended counts as far as it has come. */
  get gapMs(): number {
    return Math.max(this.longestMs, performance.now() - this.lastMs);
  }
}

/** Leaders are killed while clients write to what they lead, each client to the same partition; those that are the active controller too, apart. */
export class FailoverSection {
  private readonly options: BenchOptions;
  private readonly clients: readonly LoadClient[];
  private readonly report: Report;
  private readonly metadata = new MetadataReader();
  private topics = 0;

  constructor(options: BenchOptions, clients: readonly LoadClient[], report: Report) {
    this.options = options;
    this.clients = clients.filter(({ acknowledge }) => acknowledge !== undefined);
    this.report = report;
  }

  async run(contenders: readonly Contender[]): Promise<void> {
    const killed = contenders.filter((contender) => contender.kills !== undefined);
    if (killed.length < contenders.length) this.report.skipped("the peer's gaps after kills", "--peer-kill and --peer-start would allow them");
    // Whoever was only just started has all brokers and a controller by then.
    for (const contender of killed) await this.newTopic(contender);
    try {
      for (let kill = 0; kill < this.options.kills; kill++)
        for (const contender of killed) {
          const controller = await contender.activeController();
          if (controller !== undefined) await this.kill(contender, controller, "SIGKILL of a leader that is the active controller too");
          else this.report.skipped("kills of the peer's active controller", "--peer-controller would name it");
          const active = await contender.activeController();
          const others = [...contender.brokers.keys()].filter((id) => id !== active);
          const kind = active === undefined ? "SIGKILL of a leader (whether active controller or not)" : "SIGKILL of a leader";
          await this.kill(contender, others[kill % others.length] as number, kind);
        }
    } finally {
      this.metadata.close();
    }
  }

  private async kill(contender: Contender, victim: number, what: string): Promise<void> {
    const topic = await this.topicLedBy(contender, victim);
    const run: LoadRun = { brokers: contender.brokers, topic, recordBytes: RECORD_BYTES, records: 0, forMs: 0 };
    const streams = this.clients.map((client) => {
      const clock = new AckClock();
      return { name: client.id === "ours" ? "our prober" : client.name, clock, stream: client.acknowledge?.(run, clock.acknowledged) };
    });
    try {
      await until(() => streams.every(({ clock }) => clock.acks > 0), START_TIMEOUT_MS);
      await pause(SETTLE_MS);
      for (const { clock } of streams) clock.restart();
      await contender.kills?.kill(victim);
      const acks = new Map(streams.map((one) => [one, one.clock.acks]));
      await until(() => streams.every((one) => one.clock.acks > (acks.get(one) ?? 0)), GAP_MS_MAX);
      await pause(AFTERMATH_MS);
      for (const { name, clock } of streams) this.report.note(contender, `longest gap after ${what}, ${name}`, "ms", clock.gapMs);
    } finally {
      await Promise.all(streams.map(({ stream }) => stream?.stop()));
      await contender.kills?.start(victim);
    }
    await this.untilWhole(contender, topic);
  }

  private async topicLedBy(contender: Contender, id: number): Promise<LoadTopic> {
    for (let tried = 0; tried < TOPICS_TRIED_MAX; tried++) {
      const topic = await this.newTopic(contender);
      const [partition] = (await this.read(contender, topic)) ?? [];
      if (partition?.leader === id) return topic;
    }
    throw new Error(`none of ${TOPICS_TRIED_MAX} new topics of ${contender.name} is led by broker ${id}`);
  }

  private async newTopic(contender: Contender): Promise<LoadTopic> {
    const topic: LoadTopic = { name: `kill-${process.pid}-${++this.topics}`, partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 };
    await createLoadTopic(addressesOf(contender), topic, START_TIMEOUT_MS);
    await this.untilWhole(contender, topic);
    return topic;
  }

  /** Every broker that is up says that all replicas are in sync. */
  private async untilWhole(contender: Contender, topic: LoadTopic): Promise<void> {
    const isWhole = async (): Promise<boolean> => {
      const [partition] = (await this.read(contender, topic)) ?? [];
      return partition !== undefined && partition.leader >= 0 && partition.isr.length === topic.replicationFactor;
    };
    const startMs = performance.now();
    while (!(await isWhole())) {
      if (performance.now() - startMs > WHOLE_TIMEOUT_MS) throw new Error(`${contender.name} was not whole again after ${WHOLE_TIMEOUT_MS} ms`);
      await pause(POLL_MS);
    }
  }

  private async read(contender: Contender, { name }: LoadTopic) {
    for (const address of addressesOf(contender)) {
      const described = await this.metadata.read(address, [name]);
      if (described !== undefined) return described;
    }
    return undefined;
  }
}

async function until(condition: () => boolean, timeoutMs: number): Promise<void> {
  const startMs = performance.now();
  while (!condition() && performance.now() - startMs < timeoutMs) await pause(POLL_MS);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
