import { createLoadTopic, type LoadTopic, apiKeysOf, bytesPerSecond, recordsPerSecond, type Throughput, waitForLeaders } from "@samsa/scenario-runner/load";
import { type ProcessFigures, processFigures } from "@samsa/scenario-runner/scale";
import { type LoadClient, type LoadRun, type Produced, RECORDS_PER_SECOND } from "./clients/load-client.ts";
import { addressesOf, type Contender, START_TIMEOUT_MS } from "./contender.ts";
import { goOn } from "./held.ts";
import type { BenchOptions } from "./options.ts";
import type { Report } from "./report.ts";
import { TopicRemover } from "./topic-remover.ts";

const PARTITIONS = 6;
const SIZES = [
  { recordBytes: 1024, name: "1 KiB", share: 1 },
  { recordBytes: 100, name: "100 B", share: 0.5 },
] as const;
type Size = (typeof SIZES)[number];
const ACKS = [
  { acks: -1, name: "acks=all" },
  { acks: 1, name: "acks=1" },
] as const;
const SETTLE_MS = 5_000;
/** What was written last reaches a reader within this time. */
const TAIL_END_MS = 500;

/** Throughput, latency, memory and processor time of clusters that take the same load by turns. */
export class LoadSection {
  private readonly options: BenchOptions;
  private readonly contenders: readonly Contender[];
  private readonly clients: readonly LoadClient[];
  private readonly report: Report;
  private readonly remover: TopicRemover;
  private topics = 0;

  constructor(options: BenchOptions, contenders: readonly Contender[], clients: readonly LoadClient[], report: Report) {
    this.options = options;
    this.contenders = contenders;
    this.clients = clients;
    this.report = report;
    this.remover = new TopicRemover(report);
  }

  async run(): Promise<void> {
    const { sections, rounds } = this.options;
    if (sections.has("memory")) await this.idle();
    for (let round = 1; round <= rounds; round++) {
      this.report.tell(`round ${round} of ${rounds}`);
      for (const size of SIZES) {
        if (sections.has("produce") || sections.has("consume") || sections.has("memory")) await this.produceAndConsume(size, round);
        if (sections.has("tail")) await this.tails(size, round);
      }
      if (sections.has("latency")) await this.latencies(round);
    }
  }

  /** Each begins every other round, so that none always comes second. */
  private async eachContender(round: number, measure: (contender: Contender) => Promise<void>): Promise<void> {
    for (const contender of round % 2 === 1 ? this.contenders : this.contenders.toReversed()) {
      await goOn();
      await measure(contender);
    }
  }

  private async idle(): Promise<void> {
    for (const contender of this.contenders) await this.newRun(contender, SIZES[0]);
    await pause(SETTLE_MS);
    for (const contender of this.contenders)
      for (const { residentBytes } of (await this.processes(contender)).values())
        this.report.note(contender, "resident memory per broker, idle", "MiB", residentBytes / 2 ** 20);
  }

  private async produceAndConsume(size: Size, round: number): Promise<void> {
    const writers = this.clients.filter(({ produce }) => produce !== undefined);
    for (const [index, client] of writers.entries())
      for (const { acks, name } of ACKS) {
        // acks=1 by one client is enough, and one client's records for all readers.
        const isMain = index === 0;
        if (acks === 1 && !(isMain && this.options.sections.has("produce"))) continue;
        if (!isMain && !this.options.sections.has("produce")) continue;
        await this.eachContender(round, async (contender) => {
          const run = await this.newRun(contender, size);
          const produced = await this.produce(contender, client, { run, acks, what: `produce ${size.name}, ${name}, by ${client.name}`, size });
          if (produced !== undefined && isMain && acks === -1 && this.options.sections.has("consume"))
            await this.consume(contender, { ...run, records: Math.floor(produced.sentBytes / run.recordBytes) }, size);
          await this.remover.remove(contender, run.topic.name);
        });
      }
  }

  private async produce(
    contender: Contender,
    client: LoadClient,
    { run, acks, what, size }: { readonly run: LoadRun; readonly acks: -1 | 1; readonly what: string; readonly size: Size },
  ): Promise<Produced | undefined> {
    const { sections } = this.options;
    const before = await this.processes(contender);
    const produced = await client.produce?.(run, acks);
    if (produced === undefined) return undefined;
    if (sections.has("produce")) this.noteThroughput(contender, what, produced, size);
    if (!sections.has("memory")) return produced;
    for (const [id, { residentBytes, cpuSeconds }] of await this.processes(contender)) {
      this.report.note(contender, "resident memory per broker, loaded", "MiB", residentBytes / 2 ** 20);
      const spent = cpuSeconds - (before.get(id)?.cpuSeconds ?? 0);
      // By size, since some loads go by time.
      this.report.note(contender, `processor time per broker and 100 MB, ${what}`, "s", (spent * 1e8) / produced.sentBytes);
    }
    return produced;
  }

  /** Nobody has read it, and it is far more than what brokers keep in memory of their own: cold, but in the system's page cache. */
  private async consume(contender: Contender, run: LoadRun, size: Size): Promise<void> {
    for (const client of this.clients) {
      if (client.consume === undefined || !(await this.canConsume(client))) continue;
      const throughput = await client.consume(run);
      this.noteThroughput(contender, `consume ${size.name}, cold, by ${client.name}`, throughput, size);
    }
  }

  private async canConsume({ name, consumeNeeds }: LoadClient): Promise<boolean> {
    for (const contender of this.contenders) {
      const keys = await apiKeysOf(addressesOf(contender), START_TIMEOUT_MS);
      const missing = [...(consumeNeeds ?? [])].filter((key) => !keys.has(key));
      if (missing.length === 0) continue;
      this.report.skipped(`consume by ${name}`, `it reads as a group, and ${contender.name} has no API ${missing.join(", ")} yet`);
      return false;
    }
    return true;
  }

  private async tails(size: Size, round: number): Promise<void> {
    const [writer] = this.clients;
    if (writer?.produce === undefined) return;
    for (const reader of this.clients)
      await this.eachContender(round, async (contender) => {
        if (reader.tail === undefined) return;
        const run = await this.newRun(contender, size);
        const tail = await reader.tail(run);
        await writer.produce?.(run, 1);
        await pause(TAIL_END_MS);
        this.noteThroughput(contender, `consume ${size.name}, tail, by ${reader.name}, while ${writer.name} writes with acks=1`, await tail.stop(), size);
        await this.remover.remove(contender, run.topic.name);
      });
  }

  private async latencies(round: number): Promise<void> {
    for (const client of this.clients)
      await this.eachContender(round, async (contender) => {
        if (client.latency === undefined) return;
        const run = await this.newRun(contender, SIZES[0]);
        const { p50Ms, p99Ms } = await client.latency({ ...run, records: (RECORDS_PER_SECOND * this.options.forMs) / 1000 });
        this.report.note(contender, `latency at 1000 records/s, acks=all, by ${client.name}, p50`, "ms", p50Ms);
        this.report.note(contender, `latency at 1000 records/s, acks=all, by ${client.name}, p99`, "ms", p99Ms);
        await this.remover.remove(contender, run.topic.name);
      });
  }

  /** To a topic of its own. */
  private async newRun(contender: Contender, { recordBytes, share }: Size): Promise<LoadRun> {
    const topic: LoadTopic = { name: `bench-${process.pid}-${++this.topics}`, partitions: PARTITIONS, replicationFactor: 3, minInsyncReplicas: 2 };
    const bootstrap = addressesOf(contender);
    await createLoadTopic(bootstrap, topic, START_TIMEOUT_MS);
    await waitForLeaders(bootstrap, topic, START_TIMEOUT_MS);
    const { loadBytes, forMs } = this.options;
    return { brokers: contender.brokers, topic, recordBytes, records: Math.floor((loadBytes * share) / recordBytes), forMs };
  }

  private noteThroughput(contender: Contender, what: string, throughput: Throughput, { recordBytes }: Size): void {
    if (recordBytes === 100) this.report.note(contender, what, "k records/s", recordsPerSecond(throughput) / 1e3);
    else this.report.note(contender, what, "MB/s", bytesPerSecond(throughput) / 1e6);
  }

  private async processes(contender: Contender): Promise<ReadonlyMap<number, ProcessFigures>> {
    const found = new Map<number, ProcessFigures>();
    if (!this.options.sections.has("memory")) return found;
    for (const id of contender.brokers.keys()) {
      const pid = await contender.pid(id);
      const figures = pid === undefined ? undefined : processFigures(pid);
      if (figures !== undefined) found.set(id, figures);
    }
    if (found.size === 0)
      this.report.skipped(
        `memory and processor time of ${contender.name}`,
        contender.name === "peer" ? "--peer-pids would name its processes" : "only Linux tells",
      );
    return found;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
