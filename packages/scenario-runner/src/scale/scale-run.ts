import { apis, ErrorCode, errorName } from "@samsa/protocol";
import { createLoadTopic, type LoadTopic } from "../load/load-topic.ts";
import { type Address, ConnectionEnded, WireConnection } from "../load/wire-connection.ts";
import { acknowledgeEach } from "./acknowledge-each.ts";
import { type DescribedPartition, MetadataReader, type ScaleTopics } from "./partition-table.ts";
import { processFigures } from "./process-figures.ts";
import type { ScaleSubject } from "./scale-subject.ts";

export interface ScaleOptions {
  readonly partitions: number;
  readonly partitionsPerTopic: number;
  readonly replicationFactor: number;
  /** How often a broker, and the active controller, is killed. */
  readonly rounds: number;
  readonly note: (what: string, unit: string, value: number) => void;
  readonly tell: (line: string) => void;
}

const TIMEOUT_MS = 180_000;
const IDLE_MS = 10_000;
const RETRY_MS = 5;
const CREATE_TOPICS_VERSION = 7;
const CREATE_TIMEOUT_MS = 60_000;

/** Creates many partitions, kills and restarts the nodes that hold them, and says how long each took. */
export class ScaleRun {
  private readonly subject: ScaleSubject;
  private readonly options: ScaleOptions;
  private readonly metadata = new MetadataReader();
  private readonly topics: ScaleTopics;
  private created = 0;

  constructor(subject: ScaleSubject, options: ScaleOptions) {
    this.subject = subject;
    this.options = options;
    const { partitions, partitionsPerTopic } = options;
    const names = Array.from({ length: Math.ceil(partitions / partitionsPerTopic) }, (_, index) => `scale-${index}`);
    this.topics = { names, partitions, timeoutMs: TIMEOUT_MS };
  }

  /** Every partition has a leader and all its replicas in sync, at every broker, and has acknowledged a record. */
  async creation(): Promise<void> {
    const { note, replicationFactor, partitionsPerTopic, partitions } = this.options;
    await createLoadTopic(this.addresses, { name: "warm-up", partitions: 3, replicationFactor, minInsyncReplicas: 2 }, TIMEOUT_MS);
    await this.subject.activeController();
    this.memory("before");
    const startMs = performance.now();
    const since = (): number => performance.now() - startMs;
    for (const [index, name] of this.topics.names.entries()) {
      const topic: LoadTopic = {
        name,
        partitions: Math.min(partitionsPerTopic, partitions - index * partitionsPerTopic),
        replicationFactor,
        minInsyncReplicas: 2,
      };
      await createLoadTopic(this.addresses, topic, TIMEOUT_MS);
    }
    note("creation: last topic acknowledged", "ms", since());
    await this.untilWhole();
    note("creation: every leader and ISR known by every broker", "ms", since());
    const { lastMs, missing } = await this.acknowledge(await this.described(), this.subject.brokers);
    note("creation: a record in every partition, acks=all", "ms", since());
    note("one record to every partition, acks=all: the last", "ms", lastMs);
    this.refuse(missing, "have no record");
    this.memory("after creation");
  }

  async idle(): Promise<void> {
    await pause(IDLE_MS / 2);
    const before = this.figures();
    await pause(IDLE_MS);
    for (const [id, { cpuSeconds }] of this.figures())
      this.options.note("idle: processor", "%", (100 * (cpuSeconds - (before.get(id)?.cpuSeconds ?? 0))) / (IDLE_MS / 1000));
    this.memory("idle");
  }

  /** Kills a broker that is not the active controller, then the one that is. */
  async failovers(): Promise<void> {
    for (let round = 0; round < this.options.rounds; round++) {
      const active = await this.subject.activeController();
      const victim = [...this.subject.brokers.keys()].filter((id) => id !== active)[round % 2] ?? 1;
      await this.killBroker(victim, "broker killed");
      await this.revive(victim, "broker");
    }
  }

  async controllerFailovers(): Promise<void> {
    for (let round = 0; round < this.options.rounds; round++) {
      const active = await this.subject.activeController();
      if (this.subject.brokers.has(active)) await this.killBroker(active, "active controller and broker killed");
      else await this.killController(active);
      await this.revive(active, this.subject.brokers.has(active) ? "broker" : "controller");
    }
  }

  async restarts(): Promise<void> {
    const [first = 1] = this.subject.brokers.keys();
    await this.subject.kill(first, "SIGTERM");
    await this.revive(first, "broker stopped in order");
    const { nodes, brokers } = this.subject;
    await Promise.all(nodes.map((id) => this.subject.kill(id, "SIGKILL")));
    const startMs = performance.now();
    await Promise.all(nodes.map((id) => this.subject.start(id)));
    await this.untilWhole();
    this.options.note("all nodes killed and started: all in sync", "ms", performance.now() - startMs);
    const { missing } = await this.acknowledge(await this.described(), brokers);
    this.options.note("all nodes killed and started: a record in every partition", "ms", performance.now() - startMs);
    this.refuse(missing, "have no record after the restart");
    for (const id of nodes) this.options.tell(`node ${id} began with the snapshot up to entry ${this.subject.restoredIndex(id) ?? "(none)"}`);
    this.memory("after the restart");
  }

  private async killBroker(victim: number, what: string): Promise<void> {
    const led = (await this.described()).filter(({ leader }) => leader === victim);
    const survivors = new Map([...this.subject.brokers].filter(([id]) => id !== victim));
    const [survivor] = survivors.values();
    const killed = this.subject.kill(victim, "SIGKILL");
    const startedUs = process.hrtime.bigint() / 1000n;
    const [acked, changeMs] = await Promise.all([
      this.acknowledge(led, survivors),
      survivor === undefined ? Number.NaN : this.changeMetadata([...survivors.values()]),
    ]);
    await killed;
    const { firstMs, medianMs, lastMs, ledMs, missing } = acked;
    this.options.tell(`${what}: node ${victim}, ${led.length} led, window ${startedUs} +${Math.round(lastMs)} ms, median ack ${Math.round(medianMs)} ms`);
    this.refuse(missing, `of ${victim} have no record`);
    this.options.note(`${what}: partitions it led`, "", led.length);
    this.options.note(`${what}: a topic created`, "ms", changeMs);
    this.options.note(`${what}: every partition has a leader`, "ms", ledMs);
    this.options.note(`${what}: first partition acknowledges`, "ms", firstMs);
    this.options.note(`${what}: last partition acknowledges`, "ms", lastMs);
  }

  private async killController(victim: number): Promise<void> {
    const killed = this.subject.kill(victim, "SIGKILL");
    const changeMs = await this.changeMetadata(this.addresses);
    await killed;
    this.options.note("active controller killed: a topic created", "ms", changeMs);
  }

  /** Starts a node again and waits until it serves, is in service and in every ISR. */
  private async revive(id: number, what: string): Promise<void> {
    const startMs = performance.now();
    await this.subject.start(id);
    const address = this.subject.brokers.get(id);
    if (address !== undefined) {
      await this.metadata.until(address, this.topics, () => true);
      this.options.note(`${what} started again: answers`, "ms", performance.now() - startMs);
    }
    await this.untilWhole();
    this.options.note(`${what} started again: in every ISR`, "ms", performance.now() - startMs);
    const restored = this.subject.restoredIndex(id);
    if (restored !== undefined) this.options.tell(`node ${id} began with the snapshot up to entry ${restored}`);
  }

  /** How long it takes until a change of the metadata is acknowledged. */
  private async changeMetadata(addresses: readonly Address[]): Promise<number> {
    const startMs = performance.now();
    const name = `change-${this.created++}`;
    const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    for (let turn = 0; performance.now() - startMs < TIMEOUT_MS; turn++) {
      const problem = await tryCreate(addresses[turn % addresses.length], topic);
      if (problem === undefined) return performance.now() - startMs;
      await pause(RETRY_MS);
    }
    return Number.NaN;
  }

  private acknowledge(partitions: readonly DescribedPartition[], brokers: ReadonlyMap<number, Address>) {
    return acknowledgeEach({ partitions, brokers, timeoutMs: TIMEOUT_MS });
  }

  private async untilWhole(): Promise<void> {
    const isWhole = ({ leader, isr }: DescribedPartition): boolean => leader >= 0 && isr.length === this.options.replicationFactor;
    for (const address of this.addresses)
      if (!(await this.metadata.until(address, this.topics, isWhole))) throw new Error(`the cluster was not whole after ${TIMEOUT_MS} ms`);
  }

  private async described(): Promise<readonly DescribedPartition[]> {
    const [address] = this.addresses;
    return (address === undefined ? undefined : await this.metadata.read(address, this.topics.names)) ?? [];
  }

  private get addresses(): readonly Address[] {
    return [...this.subject.brokers.values()];
  }

  private figures() {
    return new Map(
      this.subject.nodes.flatMap((id) => {
        const pid = this.subject.pid(id);
        const figures = pid === undefined ? undefined : processFigures(pid);
        return figures === undefined ? [] : [[id, figures] as const];
      }),
    );
  }

  private memory(when: string): void {
    for (const { residentBytes, peakResidentBytes, openFiles } of this.figures().values()) {
      this.options.note(`resident memory, ${when}`, "MiB", residentBytes / 2 ** 20);
      if (when === "after creation") this.options.note("resident memory, the most until then", "MiB", peakResidentBytes / 2 ** 20);
      this.options.note(`open files, ${when}`, "", openFiles);
    }
  }

  private refuse(missing: number, what: string): void {
    if (missing > 0) throw new Error(`${missing} partitions ${what} after ${TIMEOUT_MS} ms`);
  }
}

/** Undefined when it is done; else why not yet. */
async function tryCreate(
  address: Address | undefined,
  topic: { readonly name: string; readonly numPartitions: number; readonly replicationFactor: number },
): Promise<string | undefined> {
  if (address === undefined) return "nobody to ask";
  try {
    const connection = await WireConnection.open(address);
    try {
      const request = { topics: [{ ...topic, assignments: [], configs: [] }], timeoutMs: CREATE_TIMEOUT_MS, validateOnly: false };
      const { topics } = await connection.call(apis.CreateTopics, CREATE_TOPICS_VERSION, request);
      const code = topics[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      return code === ErrorCode.NONE || code === ErrorCode.TOPIC_ALREADY_EXISTS ? undefined : errorName(code);
    } finally {
      connection.close();
    }
  } catch (error) {
    if (error instanceof ConnectionEnded || (error instanceof Error && "code" in error)) return "it can't be asked";
    throw error;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resume) => void setTimeout(resume, ms));
