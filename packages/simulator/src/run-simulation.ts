import type { Verdict } from "@samsa/history";
import { type Micros, NO_NODE } from "@samsa/stdx";
import type { Fault, FaultAction, FaultPlan, TraceEvent } from "@samsa/world";
import { messageClassifier } from "./cluster/classify-message.ts";
import { lastByteOfBatch } from "./cluster/covered-byte.ts";
import { type NodeView, SimulatedCluster } from "./cluster/cluster.ts";
import { KeyedLoad } from "./keyed-load.ts";
import { Marks } from "./coverage-marks.ts";
import { compactionOf, deletionsOf, retainedBytesOf } from "./expected-deletions.ts";
import { ExcuseBook } from "./excuses.ts";
import { GroupJudge } from "./group-judge.ts";
import type { Violation } from "./invariants/watcher.ts";
import { Watcher } from "./invariants/watcher.ts";
import { Operator } from "./operator.ts";
import { SWARM_CLIENTS, SWARM_TOPIC } from "./swarm/fault-draws.ts";
import { OFFSETS_PARTITIONS } from "./swarm/group-draws.ts";
import { resolveFault } from "./swarm/resolve-fault.ts";
import type { SimulationInput } from "./swarm/simulation-input.ts";
import { Tenant, type TopicVerdict } from "./tenant.ts";
import { type Counters, SimulatedWorld } from "./world/index.ts";

export interface SimulationResult {
  readonly input: SimulationInput;
  /** Equal for equal inputs and equal code. */
  readonly traceHash: string;
  readonly violations: readonly Violation[];
  /** On the swarm's own topic. */
  readonly verdict: Verdict | undefined;
  /** On every topic, the swarm's own first; none where the run ended before. */
  readonly verdicts: readonly TopicVerdict[];
  readonly simulatedMs: number;
  readonly counters: Counters;
  /** How often what is worth testing has happened. */
  readonly marks: Readonly<Record<string, number>>;
}

export const isClean = ({ violations }: SimulationResult): boolean => violations.length === 0;

/** What a node exits with when it can't write its logs. */
const DISK_FAILED = 74;
const SUPERVISOR_MS = 1_000;
const OPERATOR = 90;
const KEYED = 91;
/** After the heal everything must be well within this much virtual time: sessions, elections, catching up, the final read. */
const LIVENESS_MS = 120_000;
/** ISR full and leaders elected within this: two lag times, a session, and room for slow links. */
const RECOVERY_MS = 60_000;
/** Elections that a healthy cluster may hold. */
const HEALTHY_TERMS = 2;
/** Half of a broker's session, which is what it would take without a refused dial. */
const FENCED_WITHIN_MS = 1_500;
/** Links are dialled again at least every half second. */
const LINKS_SETTLE_MS = 2_000;
/** A leader of groups has loaded them. */
const GROUPS_LOADED_MS = 5_000;
/** Followers are told where the log starts with the answer to a fetch, which may be parked. */
const STARTS_FOLLOW_MS = 5_000;
/** In the end, so that logs are compacted once more. */
const COMPACTS_MS = 3_000;
/** Before that the load goes on, so that acknowledgements come again. */
const RECOVERY_UNDER_LOAD_MS = 15_000;

/** Few partitions, so that groups meet, and as many copies as the swarm's own topic mostly has. */
const OFFSETS_TOPIC_PROPERTIES: readonly (readonly [string, string])[] = [
  ["offsets.topic.num.partitions", String(OFFSETS_PARTITIONS)],
  ["offsets.topic.replication.factor", "3"],
];

/** Kafka's log.flush.start.offset.checkpoint.interval.ms. */
const LOG_START_INTERVAL_MS = 60_000;

/** Kept of a run that goes on after them: an invariant that is broken for good is broken at every step. */
const VIOLATIONS_MAX = 100;

export interface RunOptions {
  readonly trace?: (event: TraceEvent) => void;
  /**
   * `invariants`, unless said otherwise: the first violation ends the run. `history`: it goes on, so that what clients were promised is
   * judged by what they can read in the end and by nothing else; violations inside are told all the same.
   */
  readonly endsBy?: "invariants" | "history";
}

/**
 * One run: a cluster of the real server and a workload in a simulated world, faults by plan (safety), then everything is
 * healed and must become well again in bounded time (liveness); the history and every invariant are judged. A pure function
 * of its input.
 */
export function runSimulation(input: SimulationInput, options: RunOptions = {}): SimulationResult {
  return new Simulation(input, options).run();
}

class Simulation {
  private readonly input: SimulationInput;
  private readonly world: SimulatedWorld;
  private readonly watcher: Watcher;
  private readonly cluster: SimulatedCluster;
  private readonly marks = new Marks();
  private readonly excuses = new ExcuseBook();
  private readonly groups = new GroupJudge({
    cluster: () => this.cluster,
    nowUs: () => this.world.nowUs,
    report: (invariant, detail) => this.fail(invariant, detail),
    mark: (mark) => this.marks.bump(mark),
  });
  private readonly tenants: readonly Tenant[];
  private operator: Operator | undefined;
  private keyed: KeyedLoad | undefined;
  /** Actions whose time has come and whose election has not. */
  private readonly waiting: FaultAction[] = [];
  private isHealed = false;
  private readonly endsBy: "invariants" | "history";

  constructor(input: SimulationInput, { trace, endsBy = "invariants" }: RunOptions) {
    this.input = input;
    this.endsBy = endsBy;
    this.world = new SimulatedWorld({
      seed: input.seed,
      options: input.world,
      trace: (event) => {
        this.marks.add(event);
        this.excuses.add(event, this.world.nowUs, (node) => this.world.isUp(node));
        this.groups.add(event);
        this.releaseWhatWaits(event.event);
        if (event.event.kind === "violation") this.watcher.report({ invariant: event.event.invariant, detail: event.event.detail });
        trace?.(event);
      },
      coveredByte: lastByteOfBatch,
      classify: messageClassifier((host) => this.cluster.ids.includes(host)),
      dying: (node) => this.groups.dying(node),
      exited: (node, code, reason) => this.exited(node, code, reason),
    });
    const shape = { brokers: input.nodes, controllers: input.controllers ?? 0 };
    const violated = (violation: Violation): void => {
      this.watcher.violations.splice(VIOLATIONS_MAX);
      trace?.({ seq: 0, t: this.world.nowUs as Micros, node: -1 as TraceEvent["node"], event: { kind: "violation", ...violation } });
    };
    this.watcher = new Watcher(shape, violated, (mark) => this.marks.bump(mark));
    // Topics have their own min.insync.replicas: who went by the file's would be found out (KAFKA-16540).
    const properties = new Map([
      ["min.insync.replicas", "1"],
      ["auto.create.topics.enable", "false"],
      ...(input.groups === undefined ? [] : OFFSETS_TOPIC_PROPERTIES),
      ...Object.entries(input.limits),
    ]);
    const isDetailed = trace !== undefined;
    this.cluster = new SimulatedCluster(this.world, { shape, properties, isDetailed, hasRacks: input.readersNear !== undefined }, this.watcher);
    const { topic, load, others = [], groups = [], seed, readersNear } = input;
    const deletesBecause = deletionsOf(input);
    Object.assign(this.watcher.ghost, { retainedBytes: retainedBytesOf(input.limits), knowsDeletionsAsked: true });
    Object.assign(this.watcher.ghost, compactionOf(input));
    this.watcher.ghost.logStartIntervalMs = Number(input.limits["log.flush.start.offset.checkpoint.interval.ms"] ?? LOG_START_INTERVAL_MS);
    this.tenants = [{ name: SWARM_TOPIC, topic, load, groups }, ...others.map((other) => ({ ...other, groups: [] }))].map(
      (other, index) =>
        new Tenant({
          ...other,
          readersNear,
          deletesBecause,
          host: SWARM_CLIENTS + index,
          runId: `s${seed}`,
          report: (invariant, detail) => this.fail(invariant, detail),
        }),
    );
  }

  run(): SimulationResult {
    this.cluster.startAll();
    this.startTenants();
    this.runPlan(this.input.plan);
    this.heal();
    const verdicts = this.goesOn ? this.judge() : [];
    const { traceHash, simulatedMs } = { traceHash: this.world.hash, simulatedMs: this.world.nowUs / 1000 };
    return {
      input: this.input,
      traceHash,
      violations: this.watcher.violations,
      verdict: verdicts[0]?.verdict,
      verdicts,
      simulatedMs,
      counters: this.world.counters,
      marks: this.marks.counts,
    };
  }

  private get goesOn(): boolean {
    return this.endsBy === "history" || this.watcher.violations.length === 0;
  }

  private fail(invariant: string, detail: string): void {
    this.watcher.report({ invariant, detail });
  }

  /** A node may end by itself when it was told to stop, or when its disk has failed: then somebody starts it again. */
  private exited(node: number, code: number, reason: string): void {
    if (!this.cluster.ids.includes(node) || code === 0) return;
    const has = (type: Fault["type"]): boolean => this.input.plan.actions.some(({ fault }) => fault.type === type);
    // A full disk ends nobody, but one that has to write down who it is.
    const isAllowed = has("disk-error") || has("log-dir-failure") || (has("disk-full") && reason.includes("meta.properties"));
    if (code !== DISK_FAILED || !isAllowed) return this.fail("exit", `node ${node} ended with code ${code}: ${reason}`);
    this.world.after(SUPERVISOR_MS * 1000, () => this.cluster.start(node));
  }

  private runWhile(condition: () => boolean, limitMs: number): void {
    this.world.runWhile(() => this.goesOn && condition(), this.world.nowUs + limitMs * 1000);
  }

  private startTenants(): void {
    const { ghost } = this.watcher;
    for (const tenant of this.tenants) tenant.start(this.cluster, ghost);
    const { deletesEveryMs: everyMs, seed, compaction: shape } = this.input;
    const report = (invariant: string, detail: string): void => this.fail(invariant, detail);
    if (shape !== undefined) this.keyed = new KeyedLoad({ host: KEYED, shape, ghost, report }, this.cluster, seed);
    if (everyMs !== undefined) this.operator = new Operator({ host: OPERATOR, topic: SWARM_TOPIC, everyMs, ghost }, this.cluster, seed);
  }

  /** Also start-up and the topic's creation happen under faults. */
  private runPlan(plan: FaultPlan): void {
    for (const action of plan.actions) {
      this.world.after(action.atMs * 1000, () => {
        if (action.afterElectionMs === undefined) this.strike(action.fault);
        else this.waiting.push(action);
      });
    }
    this.runWhile(() => true, this.input.durationMs);
  }

  private strike(fault: Fault): void {
    const resolved = this.goesOn && !this.isHealed ? resolveFault(fault, this.cluster, this.watcher.ghost) : undefined;
    if (resolved !== undefined) this.cluster.inject(resolved);
  }

  private releaseWhatWaits(event: TraceEvent["event"]): void {
    const { stash } = this.world.network;
    if (event.kind === "leader-elected") stash.happened("after-election");
    if (event.kind === "broker-registered") stash.happened("after-registration");
    if (event.kind !== "raft-role" || event.role !== "leader") return;
    const action = this.waiting.shift();
    if (action !== undefined) this.world.after((action.afterElectionMs ?? 0) * 1000, () => this.strike(action.fault));
  }

  private heal(): void {
    if (!this.goesOn) return;
    this.isHealed = true;
    this.cluster.faults.healAll();
    this.startWithAllDirectories();
    const waits = (): Tenant | undefined => this.tenants.find(({ acked }) => acked === 0);
    this.runWhile(() => waits() !== undefined, LIVENESS_MS);
    const mute = this.goesOn ? waits() : undefined;
    if (mute !== undefined)
      this.fail("I-L7", `nothing of ${mute.name} was acknowledged ${LIVENESS_MS} ms after the heal; its workload is ${mute.phase}: ${this.describeCluster()}`);
    // Small limits may make followers slower than the load: then they must catch up when it ends.
    this.runWhile(() => !this.isRecovered, RECOVERY_UNDER_LOAD_MS);
    const { lastDeath } = this.input;
    if (lastDeath !== undefined && this.goesOn && this.isRecovered) this.dieInPeace(lastDeath.diesOverMs);
    this.settleDeletions();
    for (const tenant of this.tenants) tenant.finish();
    this.keyed?.finish();
    this.runWhile(() => !this.isRecovered, RECOVERY_MS);
    const settledTerm = this.term;
    if (this.goesOn && !this.isRecovered) this.fail("I-L6", `${RECOVERY_MS} ms after the heal: ${this.describeCluster()}`);
    const idleMs = Math.max(0, ...(this.input.groups ?? []).map((group) => group.idleMs ?? 0));
    this.runWhile(() => this.tenants.some(({ isOver }) => !isOver), LIVENESS_MS + idleMs);
    if (this.goesOn && this.term > settledTerm + HEALTHY_TERMS) this.fail("I-L4", `the term rose from ${settledTerm} to ${this.term} in a healthy cluster`);
    // It waits, so not before the two above: a cluster that is late would be well by then.
    this.settleKeyed();
    this.checkDeletions();
    // Leaders may have been balanced just now.
    this.runWhile(() => !this.groups.areCoordinated, GROUPS_LOADED_MS);
    const unfinished = this.goesOn ? this.tenants.find(({ phase }) => phase !== "done") : undefined;
    if (unfinished !== undefined)
      this.fail("I-L8", `the workload of ${unfinished.name} is still ${unfinished.phase} ${LIVENESS_MS + idleMs} ms after it was told to finish`);
  }

  /** I-L7: who writes to the compacted topic has been told of all of it in bounded time, and of something that it is there. */
  private settleKeyed(): void {
    const { keyed } = this;
    this.runWhile(() => keyed?.isOver === false, LIVENESS_MS);
    if (this.goesOn && keyed?.isOver === false)
      this.fail("I-L7", `${keyed.acked} records of the compacted topic were acknowledged, and of some nothing was told: ${this.describeCluster()}`);
    if (keyed !== undefined) this.runWhile(() => true, COMPACTS_MS);
  }

  /** I-L11: in a whole cluster an operator is told in bounded time that records are deleted. */
  private settleDeletions(): void {
    const { operator } = this;
    operator?.finish();
    this.runWhile(() => operator?.isOver === false, LIVENESS_MS);
    if (this.goesOn && operator?.isOver === false)
      this.fail("I-L11", `${LIVENESS_MS} ms after the heal nobody has told the operator that records are deleted: ${this.describeCluster()}`);
  }

  /** I-L11: soon after no log starts before that, those of nodes neither that were down at the time; nor does one start before its leader's. */
  private checkDeletions(): void {
    this.runWhile(() => this.undeleted !== undefined, STARTS_FOLLOW_MS);
    if (this.goesOn && this.undeleted !== undefined) this.fail("I-L11", this.undeleted);
  }

  private get undeleted(): string | undefined {
    const topic = this.watcher.ghost.image.topicByName(SWARM_TOPIC);
    if (this.operator === undefined || topic === undefined) return undefined;
    const { settled } = this.operator;
    for (const { partition, leader } of topic.partitions) {
      const startOn = (node: NodeView["node"] | undefined): number | undefined => node?.broker?.replicas.get(topic.topicId, partition)?.log.logStartOffset;
      const beforeOffset = Math.max(settled.get(partition) ?? 0, startOn(this.cluster.viewOf(leader)?.node) ?? 0);
      for (const { id, node } of this.cluster.views) {
        const startOffset = startOn(node) ?? beforeOffset;
        if (startOffset < beforeOffset)
          return `${SWARM_TOPIC}-${partition} on node ${id} starts at ${startOffset} in the end, and all before ${beforeOffset} is deleted`;
      }
    }
    return undefined;
  }

  /** A log directory that has failed stays offline until the node starts again: an operator sees to that once the disk is whole. */
  private startWithAllDirectories(): void {
    const { plan, limits } = this.input;
    const hasSeveral = limits["log.dirs"]?.includes(",") === true;
    if (!plan.actions.some(({ fault }) => fault.type === "log-dir-failure" || (hasSeveral && fault.type === "disk-error"))) return;
    this.runWhile(() => true, LINKS_SETTLE_MS);
    for (const { id, node } of this.cluster.views) {
      const { directories } = node.broker ?? {};
      if (directories !== undefined && directories.online.length < directories.directories.length)
        this.cluster.inject({ type: "crash", victim: id, restartAfterMs: SUPERVISOR_MS });
    }
    this.runWhile(() => true, 2 * SUPERVISOR_MS);
  }

  /**
   * I-L10: who is killed in a whole cluster is fenced long before its session would end. Its connections close, which is a hint, and a
   * dial that is refused is the proof, also where its listener outlives its connections for a moment and accepts for nobody.
   */
  private dieInPeace(diesOverMs: number): void {
    const { ghost } = this.watcher;
    this.runWhile(() => true, LINKS_SETTLE_MS);
    const { term } = this;
    const leaders = [...ghost.image.topics()].flatMap(({ partitions }) => partitions.map(({ leader }) => leader));
    const victim = [...leaders, ...ghost.image.brokers.keys()].find((id) => !isActive(this.cluster.viewOf(id)));
    if (victim === undefined || !this.isRecovered) return;
    this.marks.bump("death in peace");
    const withinMs = diesOverMs + FENCED_WITHIN_MS;
    this.cluster.inject({ type: "crash", victim, restartAfterMs: withinMs, diesOverMs });
    const isUnfenced = (): boolean => ghost.image.brokers.get(victim)?.isFenced === false;
    this.runWhile(isUnfenced, withinMs);
    if (this.goesOn && isUnfenced() && this.term === term)
      this.fail("I-L10", `broker ${victim} was killed in peace and is not fenced after ${withinMs} ms: ${this.describeCluster()}`);
  }

  /** I-L1, I-L5, I-L6: every node is up and unfenced and knows the same controller, every partition has a leader and a full ISR. */
  private get isRecovered(): boolean {
    const { image } = this.watcher.ghost;
    if (image.index === 0 || this.cluster.views.length < this.cluster.ids.length || !this.hasOneController) return false;
    for (const broker of image.brokers.values()) if (broker.isFenced) return false;
    for (const topic of image.topics()) for (const { leader, isr, replicas } of topic.partitions) if (leader < 0 || isr.length < replicas.length) return false;
    return image.brokers.size === this.input.nodes;
  }

  private get hasOneController(): boolean {
    const [first, ...others] = this.cluster.views.map(({ node }) => node.quorum.node?.leader ?? NO_NODE);
    return first !== undefined && first !== NO_NODE && others.every((leader) => leader === first);
  }

  private get term(): number {
    return Math.max(0, ...this.cluster.views.map(({ node }) => node.quorum.node?.term ?? 0));
  }

  private describeCluster(): string {
    const { image } = this.watcher.ghost;
    const up = this.cluster.views.map(({ id, node }) => `${id} ${node.quorum.node?.role ?? "recovering"}@${node.quorum.node?.term ?? 0}`).join(", ");
    const fenced = [...image.brokers.values()].filter((broker) => broker.isFenced).map((broker) => broker.brokerId);
    const bad: string[] = [];
    for (const topic of image.topics())
      for (const { partition, leader, isr, elr, replicas } of topic.partitions)
        if (leader < 0 || isr.length < replicas.length) bad.push(`${topic.name}-${partition} leader ${leader} ISR [${isr.join(" ")}] ELR [${elr.join(" ")}]`);
    return `up: ${up}; fenced: ${fenced.join(", ") || "none"}; ${bad.join("; ") || "all partitions are whole"}`;
  }

  private judge(): readonly TopicVerdict[] {
    for (const view of this.cluster.views) this.watcher.atEnd(view);
    const verdicts = this.tenants.map((tenant) => tenant.judge(this.excuses, this.watcher.ghost));
    this.groups.judge(this.tenants, this.excuses, this.watcher.ghost);
    for (const { verdict } of verdicts) for (const { name, detail } of verdict.anomalies) this.fail(name, detail);
    return verdicts;
  }
}

const isActive = (view: NodeView | undefined): boolean => view?.node.controller.isActive === true;
