import { join } from "node:path";
import { checkHistory, type Verdict } from "@samsa/history";
import { Prng } from "@samsa/stdx";
import { ProcessWorld } from "../process-world/process-world.ts";
import { Observation } from "../run/observation.ts";
import { nodeName, type Scenario } from "../scenario.ts";
import { type CommittedBytes, compareReplicas, readCommitted } from "../process-world/replica-logs.ts";

export interface RepeatedKillsOptions {
  /** Nodes that are controllers only; none: the brokers are controllers too. */
  readonly controllers?: number;
  readonly bundle: string;
  readonly kills: number;
  /** Draws the pauses before restarts. */
  readonly seed: number;
  readonly tell: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface Kill {
  readonly victim: number;
  readonly role: Role;
  readonly wasActiveController: boolean;
  readonly acksPerSecond: number;
  /** The longest time that a partition was without an acknowledgement. */
  readonly gapMs: number;
  readonly downMs: number;
}

export interface RepeatedKillsResult {
  readonly kills: readonly Kill[];
  readonly verdict: Verdict;
  /** Partitions whose replicas are the same byte for byte, with the bytes that were compared. */
  readonly compared: readonly { readonly partition: string; readonly bytes: number; readonly batches: number }[];
  readonly failures: readonly string[];
}

const ROLES = ["leader", "follower", "active controller"] as const;
type Role = (typeof ROLES)[number];

const ACKS_PER_SECOND_MIN = 500;
const RATE_WINDOW_MS = 1_000;
const RESTART_AFTER_MS_MAX = 5_000;
const WAIT_TIMEOUT_MS = 60_000;

const SCENARIO: Scenario = {
  name: "repeated-kills",
  title: "Brokers are killed again and again",
  teaches: "",
  prose: "",
  cluster: { brokers: 3 },
  topic: { name: "orders", partitions: 3, replicationFactor: 3, minInsyncReplicas: 2 },
  load: { acks: -1, isIdempotent: true, maxInFlight: 1, recordsPerSecond: 1_500, recordsPerBatch: 10 },
  steps: [],
  expectation: { type: "clean" },
};

/** Kills brokers under load, one after the other and by role, then judges the history and compares the replicas' files. */
export async function repeatedKills(options: RepeatedKillsOptions): Promise<RepeatedKillsResult> {
  const { bundle, signal } = options;
  const startMs = performance.now();
  const scenario = { ...SCENARIO, cluster: { ...SCENARIO.cluster, controllers: options.controllers ?? 0 } };
  const observation = new Observation(
    scenario,
    () => performance.now() - startMs,
    () => undefined,
  );
  const world = new ProcessWorld({ scenario, bundle, ...(signal === undefined ? {} : { signal }) }, observation);
  try {
    return await new RepeatedKills(options, world, observation).run();
  } finally {
    await world.dispose();
  }
}

class RepeatedKills {
  private readonly options: RepeatedKillsOptions;
  private readonly world: ProcessWorld;
  private readonly observation: Observation;
  private readonly prng: Prng;
  private readonly failures: string[] = [];

  constructor(options: RepeatedKillsOptions, world: ProcessWorld, observation: Observation) {
    this.options = options;
    this.world = world;
    this.observation = observation;
    this.prng = new Prng(options.seed);
  }

  async run(): Promise<RepeatedKillsResult> {
    const { world, failures } = this;
    const problem = await world.start();
    const kills: Kill[] = [];
    if (problem !== undefined) failures.push(problem);
    while (failures.length === 0 && kills.length < this.options.kills) {
      const kill = await this.kill(kills.length);
      if (kill === undefined) break;
      kills.push(kill);
      const { victim, role, wasActiveController, acksPerSecond, gapMs, downMs } = kill;
      const roles = `${role}${wasActiveController && role !== "active controller" ? ", also active controller" : ""}`;
      this.options.tell(
        `kill ${String(kills.length).padStart(2)}: ${nodeName(SCENARIO.cluster, victim)} (${roles}), ${Math.round(acksPerSecond)} acks/s before, down ${Math.round(downMs)} ms, longest gap without an ack ${Math.round(gapMs)} ms`,
      );
    }
    if (failures.length === 0) await this.untilWhole();
    this.options.tell("the load ends; everything is read back");
    const history = await world.finish();
    const verdict = checkHistory(history, { acks: "all", isIdempotent: true, maxInFlight: 1 });
    const ends = new Map([...history.partitions()].map(({ topic, partition, finalReads }) => [`${topic}-${partition}`, finalReads.at(-1)?.endOffset ?? 0]));
    failures.push(...world.failures());
    this.options.tell("the brokers stop; their files are compared");
    await world.stop();
    return { kills, verdict, compared: this.compare(ends), failures };
  }

  private async kill(index: number): Promise<Kill | undefined> {
    const { world, observation, failures } = this;
    const role = ROLES[index % ROLES.length] ?? "leader";
    if (!(await this.untilWhole())) return undefined;
    const acksPerSecond = await this.rate();
    const victim = this.victimOf(role, index);
    if (acksPerSecond < ACKS_PER_SECOND_MIN) failures.push(`before kill ${index + 1} only ${Math.round(acksPerSecond)} records were acknowledged in a second`);
    if (victim === undefined) failures.push(`nobody is ${role} before kill ${index + 1}`);
    if (failures.length > 0 || victim === undefined) return undefined;
    const wasActiveController = victim === observation.state.activeController;
    const downMs = this.prng.below(RESTART_AFTER_MS_MAX + 1);
    observation.gaps.restart();
    await world.strike({ type: "crash", victim });
    await pause(downMs);
    await world.restart();
    if (!(await this.untilWhole())) return undefined;
    const [gap] = observation.gaps.longestGaps();
    return { victim, role, wasActiveController, acksPerSecond, gapMs: gap === undefined ? 0 : gap.toMs - gap.fromMs, downMs };
  }

  /** Every broker is in service and in every ISR, and every partition is acknowledged again. */
  private async untilWhole(): Promise<boolean> {
    const { world, observation, failures } = this;
    const { brokers } = SCENARIO.cluster;
    const { state } = observation;
    const isWhole = (): boolean =>
      state.unfenced.size === brokers && [...state.partitions.values()].every(({ leader, isr }) => leader >= 0 && isr.length === brokers);
    const sinceMs = observation.nowMs();
    const hasAcks = (): boolean => [...state.partitions.keys()].every((partition) => (observation.gaps.lastAckAtMs(partition) ?? 0) > sinceMs);
    if (await world.until(() => isWhole() && hasAcks(), WAIT_TIMEOUT_MS)) return true;
    failures.push(`the cluster was not whole again after ${WAIT_TIMEOUT_MS} ms`);
    return false;
  }

  private async rate(): Promise<number> {
    const { observation } = this;
    const [acked, fromMs] = [observation.ackedRecords, observation.nowMs()];
    await pause(RATE_WINDOW_MS);
    return ((observation.ackedRecords - acked) * 1000) / (observation.nowMs() - fromMs);
  }

  private victimOf(role: Role, index: number): number | undefined {
    const { state } = this.observation;
    const { topic } = SCENARIO;
    const partition = Math.floor(index / ROLES.length) % topic.partitions;
    if (role === "active controller") return state.resolve({ type: "active-controller" });
    if (role === "leader") return state.resolve({ type: "leader", topic: topic.name, partition });
    const followers = state.partition(topic.name, partition);
    const candidates = followers?.isr.filter((id) => id !== followers.leader && id !== state.activeController) ?? [];
    return candidates.sort((a, b) => state.ledBy(a).length - state.ledBy(b).length)[0] ?? state.resolve({ type: "follower", topic: topic.name, partition });
  }

  private compare(ends: ReadonlyMap<string, number>): RepeatedKillsResult["compared"] {
    const compared: { readonly partition: string; readonly bytes: number; readonly batches: number }[] = [];
    for (const [partition, highWatermark] of ends) {
      const replicas = new Map<number, CommittedBytes>();
      for (const id of this.world.brokerIds) replicas.set(id, readCommitted(join(this.world.dataDirectory(id), partition), highWatermark));
      const problem = compareReplicas(partition, replicas, highWatermark);
      const [first] = replicas.values();
      if (problem !== undefined) this.failures.push(problem);
      else if (first !== undefined) compared.push({ partition, bytes: first.bytes.length, batches: first.batches });
    }
    return compared;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
