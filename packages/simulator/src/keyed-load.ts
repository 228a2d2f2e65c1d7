import { type Admin, ClientMachine, type ClientProgram, type Producer, type ProducerEvent } from "@samsa/client";
import { afterMs, encodeUtf8, type Micros, type Now, Prng } from "@samsa/stdx";
import { ClientPromises } from "./client-promises.ts";
import type { SimulatedCluster } from "./cluster/cluster.ts";
import type { Ghost } from "./invariants/ghost.ts";
import type { Report } from "./invariants/invariant-check.ts";
import { COMPACTED_TOPIC } from "./swarm/compaction-draws.ts";
import type { CompactionShape } from "./swarm/simulation-input.ts";

export interface KeyedLoadOptions {
  readonly host: number;
  readonly shape: CompactionShape;
  readonly ghost: Ghost;
  readonly report: Report;
}

/** Longer than any run: whether the topic can be created is I-L7. */
const CREATE_TIMEOUT_MS = 3_600_000;
const MAX_IN_FLIGHT = 3;
/** Every record's age is asked for, and no clock that jumps makes one old enough: what is gone was compacted, is more than may be kept, or is lost. */
const RETENTION_MS = "1000000000000000";
/** Padding, so that a segment holds a few records. */
const VALUE_BYTES_MAX = 60;

/** Writes records of few keys to a compacted topic, and deletes some again. What is to be left of them is judged in the logs (`CompactedRecords`). */
export class KeyedLoad {
  private readonly options: KeyedLoadOptions;
  private readonly machine: ClientMachine;
  private readonly prng: Prng;
  private readonly cluster: SimulatedCluster;
  private readonly admin: Admin;
  private producer: Producer;
  private phase: "asking" | "creating" | "writing" | "finishing" = "asking";
  private isToFinish = false;
  private nextAtUs: Micros | undefined;
  private waiting = 0;
  private sent = 0;
  private ackedCount = 0;

  constructor(options: KeyedLoadOptions, cluster: SimulatedCluster, seed: number) {
    const { host, ghost, report } = options;
    this.options = options;
    this.cluster = cluster;
    this.prng = new Prng(seed).fork("keyed load");
    this.machine = new ClientMachine((): ClientProgram => ({ run: (now) => this.run(now), nextDeadline: () => this.nextAtUs }));
    this.admin = this.clientOf("keyed admin").admin();
    this.producer = this.newProducer();
    ghost.acksAllTopics.add(COMPACTED_TOPIC);
    const promises = new ClientPromises({ topic: COMPACTED_TOPIC, acks: -1, ghost, report });
    cluster.addClient(
      host,
      () => this.machine,
      (effects) => promises.afterTurn(effects),
    );
  }

  get acked(): number {
    return this.ackedCount;
  }

  get isOver(): boolean {
    return this.phase === "finishing" && this.waiting === 0;
  }

  /** No more records, once one was acknowledged: before that nobody knows that the topic is there. */
  finish(): void {
    this.isToFinish = true;
    this.finishIfProved();
  }

  private finishIfProved(): void {
    if (!this.isToFinish || this.phase !== "writing" || this.ackedCount === 0) return;
    this.phase = "finishing";
    this.producer.flush();
  }

  private run(now: Now): void {
    if (this.phase === "asking") this.create(now);
    for (const event of this.admin.takeEvents()) if (event.type === "topic-ready" && this.phase === "creating") this.phase = "writing";
    for (const event of this.producer.takeEvents()) this.ended(event);
    this.finishIfProved();
    // A fenced producer is a process that has ended.
    if (this.producer.failure !== undefined && this.waiting === 0) this.producer = this.newProducer();
    if (this.phase !== "writing") this.nextAtUs = undefined;
    else if ((this.nextAtUs ?? 0) <= now.monotonicUs) this.send(now);
  }

  private create(now: Now): void {
    const { partitions, isRetained = false, retainedBytes = -1 } = this.options.shape;
    const retention = { "retention.ms": RETENTION_MS, "retention.bytes": String(retainedBytes) };
    const policy = isRetained ? { "cleanup.policy": "compact,delete", ...retention } : { "cleanup.policy": "compact" };
    const configs = { ...policy, "min.insync.replicas": "2" };
    this.phase = "creating";
    this.admin.createTopic({ name: COMPACTED_TOPIC, partitions, replicationFactor: 3, configs }, { timeoutMs: CREATE_TIMEOUT_MS, isExistingOk: true }, now);
  }

  private send(now: Now): void {
    const { partitions, keys, recordsPerSecond, tombstoneOneIn } = this.options.shape;
    this.nextAtUs = afterMs(now, this.prng.between(1, Math.ceil(2000 / recordsPerSecond)));
    const partition = this.prng.below(partitions);
    const key = encodeUtf8(`key${this.prng.below(keys)}`);
    const isTombstone = this.prng.below(tombstoneOneIn) === 0;
    const text = `${this.sent++}`.padEnd(this.prng.below(VALUE_BYTES_MAX), ".");
    const id = this.producer.send({ topic: COMPACTED_TOPIC, partition, key, value: isTombstone ? null : encodeUtf8(text) }, now);
    if (id !== undefined) this.waiting++;
  }

  private ended(event: ProducerEvent): void {
    const { topic, partition } = event;
    this.waiting -= event.ids.length;
    if (event.type === "delivered") {
      this.ackedCount += event.ids.length;
      return this.machine.outbox.trace({ kind: "client-ack", topic, partition, offset: event.baseOffset ?? -1, records: event.ids.length });
    }
    const { error, sequence } = event;
    this.machine.outbox.trace({ kind: "client-error", topic, partition, error, ...(sequence === undefined ? {} : { sequence }) });
  }

  private newProducer(): Producer {
    const { isIdempotent } = this.options.shape;
    return this.clientOf("keyed producer").producer({ acks: "all", isIdempotent, maxInFlight: MAX_IN_FLIGHT });
  }

  private clientOf(clientId: string): ReturnType<ClientMachine["addClient"]> {
    return this.machine.addClient({ bootstrap: this.cluster.bootstrap, seed: this.prng.nextU32(), clientId });
  }
}
