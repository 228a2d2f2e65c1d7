import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { checkHistory, History, type Verdict } from "@samsa/history";
import { Prng } from "@samsa/stdx";
import { type ClientKind, clientKinds } from "../foreign-clients/clients.ts";
import { CommittedOffsets } from "../foreign-clients/committed-offsets.ts";
import { commitsThatWentBack, type LoggedCommit, loggedCommits } from "../foreign-clients/logged-commits.ts";
import { Member } from "../foreign-clients/member.ts";
import { offsetsPartitionOf } from "../foreign-clients/offsets-partition.ts";
import { ProduceStream } from "../foreign-clients/produce-stream.ts";
import { startClient } from "../foreign-clients/start-client.ts";
import { createLoadTopic } from "../load/index.ts";
import { ProcessCluster } from "../process-world/process-cluster.ts";
import { readBack } from "../process-world/read-back.ts";
import { ClusterState } from "../run/cluster-state.ts";

export interface GroupKillsOptions {
  readonly bundle: string;
  /** Nodes that are controllers only; 0: the brokers are controllers too. */
  readonly controllers: number;
  readonly kills: number;
  /** Draws the pauses before restarts. */
  readonly seed: number;
  readonly tell: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface GroupKill {
  readonly victim: number;
  readonly role: GroupKillRole;
  readonly acksPerSecond: number;
  readonly downMs: number;
  /** The longest time from the kill on in which a group was given nothing, by group. */
  readonly silenceMs: Readonly<Record<string, number>>;
}

export interface GroupKillsResult {
  readonly kills: readonly GroupKill[];
  /** By topic: one for each producer. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Records that each group was given, and given again. */
  readonly read: ReadonlyMap<string, { readonly distinct: number; readonly repeated: number }>;
  readonly failures: readonly string[];
}

export const GROUP_KILL_ROLES = ["partition leader", "follower", "group coordinator", "active controller"] as const;
export type GroupKillRole = (typeof GROUP_KILL_ROLES)[number];

const BROKERS = 3;
const PARTITIONS = 6;
const MEMBERS = 2;
const RECORDS_PER_BATCH = 40;
const PAUSE_MS = 100;
const ACKS_PER_SECOND_MIN = 1_000;
const RATE_WINDOW_MS = 1_000;
const DOWN_MS_MAX = 15_000;
const WAIT_TIMEOUT_MS = 60_000;
/** Session and rebalance time-outs of the members (`drivers/`), one after the other. */
const SILENCE_MS_MAX = 12_000;
const OFFSETS_TOPIC = "__consumer_offsets";

/** Who writes, and who reads it in a group. */
const PAIRS = [
  { topic: "by-confluent", writer: "confluent-kafka", reader: "kcat" },
  { topic: "by-kafkajs", writer: "kafkajs", reader: "kafka-python" },
] as const;

interface Pair {
  readonly topic: string;
  readonly history: History;
  readonly stream: ProduceStream;
  readonly members: readonly Member[];
  readonly committed: CommittedOffsets;
}

/** Kills brokers again and again under two foreign producers and two foreign groups, then judges both histories and what the groups were given. */
export async function groupKills(options: GroupKillsOptions): Promise<GroupKillsResult> {
  const state = new ClusterState();
  const box: { cluster?: ProcessCluster } = {};
  const { bundle, controllers, signal } = options;
  const onEvent = (event: Parameters<ClusterState["apply"]>[0]): void => {
    state.apply(event);
    box.cluster?.poke();
  };
  const cluster = await ProcessCluster.start({ bundle, brokers: BROKERS, controllers, areFaultsEnabled: false, onEvent });
  box.cluster = cluster;
  signal?.addEventListener("abort", () => cluster.abort(signal.reason), { once: true });
  const run = new GroupKills(options, cluster, state);
  try {
    return await run.run();
  } finally {
    await run.end().finally(() => cluster.dispose());
  }
}

class GroupKills {
  private readonly options: GroupKillsOptions;
  private readonly cluster: ProcessCluster;
  private readonly state: ClusterState;
  private readonly prng: Prng;
  private readonly failures: string[] = [];
  private readonly pairs: Pair[] = [];
  /** Of whatever was started. */
  private readonly ends: (() => Promise<void>)[] = [];
  /** By topic: when its group was given something last, and the longest time without since the last kill. */
  private readonly given = new Map<string, { lastMs: number; silenceMs: number }>();

  constructor(options: GroupKillsOptions, cluster: ProcessCluster, state: ClusterState) {
    this.options = options;
    this.cluster = cluster;
    this.state = state;
    this.prng = new Prng(options.seed);
  }

  async run(): Promise<GroupKillsResult> {
    const { kills: wanted, tell } = this.options;
    if (!(await this.cluster.until(() => this.state.unfenced.size === BROKERS && this.state.activeController > 0, WAIT_TIMEOUT_MS)))
      this.failures.push("not every broker came into service");
    const kinds = clientKinds();
    for (const pair of PAIRS) await this.startPair(pair, kinds);
    const kills: GroupKill[] = [];
    while (this.failures.length === 0 && kills.length < wanted) {
      const kill = await this.kill(kills.length);
      if (kill === undefined) break;
      kills.push(kill);
      const silences = Object.entries(kill.silenceMs).map(([topic, ms]) => `${topic} ${Math.round(ms)} ms`);
      tell(
        `kill ${String(kills.length).padStart(2)}: broker ${kill.victim} (${kill.role}), ${Math.round(kill.acksPerSecond)} acks/s before, down ${kill.downMs} ms, groups were given nothing for at most: ${silences.join(", ")}`,
      );
    }
    if (this.failures.length === 0) await this.untilWhole();
    tell("the load ends; everything is read back");
    return { kills, ...(await this.judge()), failures: this.failures };
  }

  async end(): Promise<void> {
    await Promise.all(this.ends.map((end) => end()));
  }

  private async startPair({ topic, writer, reader }: (typeof PAIRS)[number], kinds: readonly ClientKind[]): Promise<void> {
    const { cluster } = this;
    const bootstrap = cluster.bootstrap.join(",");
    const kindOf = (name: string): ClientKind => {
      const kind = kinds.find((one) => one.name === name);
      if (kind === undefined) throw new Error(`there is no client ${name}`);
      return kind;
    };
    const addresses = cluster.bootstrap.map((text) => ({ host: text.slice(0, text.lastIndexOf(":")), port: Number(text.slice(text.lastIndexOf(":") + 1)) }));
    await createLoadTopic(addresses, { name: topic, partitions: PARTITIONS, replicationFactor: 3, minInsyncReplicas: 2 }, WAIT_TIMEOUT_MS);
    const history = new History(topic);
    const given = { lastMs: performance.now(), silenceMs: 0 };
    this.given.set(topic, given);
    const onRecords = (): void => {
      const nowMs = performance.now();
      given.silenceMs = Math.max(given.silenceMs, nowMs - given.lastMs);
      given.lastMs = nowMs;
      cluster.poke();
    };
    const members = Array.from({ length: MEMBERS }, () => new Member(kindOf(reader), bootstrap, onRecords));
    const client = startClient(kindOf(writer), bootstrap);
    this.ends.push(async () => void (await Promise.all([client, ...members.map((member) => member.client)].map((one) => one.kill()))));
    await Promise.all(members.map((member) => member.client.call("join", { group: topic, topic, protocol: "classic" })));
    const stream = new ProduceStream({
      client,
      history,
      topic,
      partitions: PARTITIONS,
      recordsPerBatch: RECORDS_PER_BATCH,
      pauseMs: PAUSE_MS,
      onChange: () => cluster.poke(),
    });
    const committed = new CommittedOffsets(cluster.bootstrap, { group: topic, topic, onChange: () => cluster.poke() });
    this.ends.push(() => committed.stop());
    this.pairs.push({ topic, history, stream, members, committed });
  }

  private async kill(index: number): Promise<GroupKill | undefined> {
    const { cluster, failures, prng } = this;
    const role = GROUP_KILL_ROLES[index % GROUP_KILL_ROLES.length] ?? "partition leader";
    if (!(await this.untilWhole())) return undefined;
    const acksPerSecond = await this.enough();
    if (acksPerSecond < ACKS_PER_SECOND_MIN)
      failures.push(`before kill ${index + 1} only ${Math.round(acksPerSecond)} records were acknowledged in a second, for ${WAIT_TIMEOUT_MS} ms`);
    const victim = this.victimOf(role, Math.floor(index / GROUP_KILL_ROLES.length));
    if (victim === undefined) failures.push(`nobody is ${role} before kill ${index + 1}`);
    if (failures.length > 0 || victim === undefined) return undefined;
    const downMs = prng.below(DOWN_MS_MAX + 1);
    for (const given of this.given.values()) given.silenceMs = 0;
    await cluster.node(victim).kill("SIGKILL");
    this.state.killed(victim);
    await pause(downMs);
    cluster.node(victim).start();
    if (!(await this.untilWhole())) return undefined;
    const silences = [...this.given].map(([topic, { silenceMs }]) => [topic, silenceMs] as const);
    for (const [topic, silenceMs] of silences)
      if (silenceMs > SILENCE_MS_MAX)
        failures.push(`the group of ${topic} was given nothing for ${Math.round(silenceMs)} ms, which is longer than its time-outs`);
    return { victim, role, acksPerSecond, downMs, silenceMs: Object.fromEntries(silences) };
  }

  private victimOf(role: GroupKillRole, round: number): number | undefined {
    const { state } = this;
    const { topic = "" } = PAIRS[round % PAIRS.length] ?? {};
    const partition = round % PARTITIONS;
    switch (role) {
      case "active controller":
        return state.resolve({ type: "active-controller" });
      case "group coordinator":
        return state.resolve({ type: "leader", topic: OFFSETS_TOPIC, partition: offsetsPartitionOf(topic) });
      case "follower":
        return state.resolve({ type: "follower", topic, partition });
      case "partition leader":
        return state.resolve({ type: "leader", topic, partition });
    }
  }

  /** Every broker is in service and in every ISR, both producers are acknowledged again, and both groups are given what is new. */
  private async untilWhole(): Promise<boolean> {
    const { state, cluster, failures } = this;
    const nodes = BROKERS + this.options.controllers;
    const isWhole = (): boolean =>
      state.unfenced.size === BROKERS &&
      state.inQuorum.size === nodes &&
      [...state.partitions.values()].every(({ leader, isr }) => leader >= 0 && isr.length === BROKERS);
    if (!(await cluster.until(isWhole, WAIT_TIMEOUT_MS))) {
      failures.push(`the cluster was not whole again after ${WAIT_TIMEOUT_MS} ms`);
      return false;
    }
    const before = this.pairs.map(progressOf);
    const goesOn = (): boolean => this.pairs.every((pair, index) => progressOf(pair).every((count, partition) => count > (before[index]?.[partition] ?? 0)));
    if (await cluster.until(goesOn, WAIT_TIMEOUT_MS)) return true;
    failures.push(`not every producer and group went on within ${WAIT_TIMEOUT_MS} ms`);
    return false;
  }

  /** The first rate that is enough; where none is in time, the last one. */
  private async enough(): Promise<number> {
    const endMs = performance.now() + WAIT_TIMEOUT_MS;
    for (;;) {
      const rate = await this.rate();
      if (rate >= ACKS_PER_SECOND_MIN || performance.now() > endMs) return rate;
    }
  }

  private async rate(): Promise<number> {
    const ackedBy = (): number => this.pairs.reduce((sum, { stream }) => sum + stream.acked, 0);
    const [acked, fromMs] = [ackedBy(), performance.now()];
    await pause(RATE_WINDOW_MS);
    return ((ackedBy() - acked) * 1_000) / (performance.now() - fromMs);
  }

  /** As the coordinator's log has them. */
  private commitsOf(group: string): readonly LoggedCommit[] {
    const partition = offsetsPartitionOf(group);
    const coordinator = this.state.resolve({ type: "leader", topic: OFFSETS_TOPIC, partition });
    if (coordinator === undefined) throw new Error(`nobody coordinates ${group}`);
    return loggedCommits(join(this.cluster.dataDirectory(coordinator), `${OFFSETS_TOPIC}-${partition}`), group);
  }

  private async judge(): Promise<Pick<GroupKillsResult, "verdicts" | "read">> {
    const verdicts = new Map<string, Verdict>();
    const read = new Map<string, { readonly distinct: number; readonly repeated: number }>();
    for (const { topic, history, stream, members, committed } of this.pairs) {
      await stream.stop();
      for (const [error, records] of stream.gaveUp) this.failures.push(`${records} records to ${topic} were given up: ${error}`);
      await readBack(history, {
        bootstrap: this.cluster.bootstrap,
        topic: { name: topic, partitions: PARTITIONS, replicationFactor: 3, minInsyncReplicas: 2 },
      });
      verdicts.set(topic, checkHistory(history, { acks: "all", isIdempotent: true, maxInFlight: 1 }));
      const end = [...history.partitions()].reduce((sum, { finalReads }) => sum + (finalReads.at(-1)?.endOffset ?? 0), 0);
      const distinct = (): number => new Set(members.flatMap(({ seen }) => seen)).size;
      if (!(await this.cluster.until(() => distinct() === end && committed.sum === end, WAIT_TIMEOUT_MS)))
        this.failures.push(`of ${end} records of ${topic} its group was given ${distinct()} and has committed ${committed.sum}`);
      const unknown = members.flatMap(({ seen }) => seen).filter((value) => !stream.sent.has(value));
      for (const value of unknown) this.failures.push(`the group of ${topic} was given ${value}, which nobody has sent`);
      for (const gap of members.flatMap(({ gaps }) => gaps)) this.failures.push(`the group of ${topic} was not given all: ${gap}`);
      for (const where of commitsThatWentBack(this.commitsOf(topic)))
        this.failures.push(`a commit of the group of ${topic} in the log is of less than before: ${where}`);
      for (const where of committed.wentBack) this.failures.push(`an offset that the group of ${topic} had committed went back: ${where}`);
      read.set(topic, { distinct: distinct(), repeated: members.reduce((sum, { seen }) => sum + seen.length, 0) - distinct() });
    }
    return { verdicts, read };
  }
}

/** Of each partition what was acknowledged, then of each what its group was given. */
const progressOf = ({ stream, members }: Pair): number[] => [
  ...stream.ackedBy,
  ...Array.from({ length: PARTITIONS }, (_, partition) => members.reduce((sum, { given }) => sum + (given.get(partition) ?? 0), 0)),
];
