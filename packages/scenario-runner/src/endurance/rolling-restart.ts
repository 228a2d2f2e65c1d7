import type { Verdict } from "@samsa/history";
import { ProcessCluster } from "../process-world/process-cluster.ts";
import { quorumVoters } from "../process-world/quorum-command.ts";
import { ClusterState } from "../run/cluster-state.ts";
import { createLoadTopic, waitForLeaders } from "../load/index.ts";
import type { AckGap } from "../timeline/ack-gaps.ts";
import { type RestartClient, RestartLoad } from "./restart-load.ts";

export interface RollingRestartOptions {
  readonly bundle: string;
  /** Nodes that are controllers only; 0: the brokers are controllers too. */
  readonly controllers: number;
  readonly rounds: number;
  readonly clients: readonly RestartClient[];
  readonly tell: (line: string) => void;
}

export interface NodeRestart {
  readonly node: number;
  readonly wasActiveController: boolean;
  /** From SIGTERM to the end of the process. */
  readonly stopMs: number;
  /** From its start until it is in every ISR, and the controllers have its metadata. */
  readonly backMs: number;
  /** The longest time without an acknowledgement of each client, and on which of its partitions. */
  readonly gaps: readonly AckGap[];
}

export interface ClientResult {
  readonly client: RestartClient;
  readonly acked: number;
  /** Produce calls that the library gave up. */
  readonly failedCount: number;
  readonly failed: readonly string[];
  readonly longestGapMs: number;
  readonly verdict: Verdict;
}

export interface RollingRestartResult {
  readonly restarts: readonly NodeRestart[];
  readonly clients: readonly ClientResult[];
  readonly failures: readonly string[];
}

const BROKERS = 3;
const WAIT_TIMEOUT_MS = 60_000;
const FIRST_ACKS = 100;
/** A voter that has said so lately has all that is committed. */
const CAUGHT_UP_WITHIN_MS = 2_000;
const POLL_MS = 100;

/** Restarts every node in order, one after the other and round after round, under load from libraries that know no patience but their own. */
export async function rollingRestart(options: RollingRestartOptions): Promise<RollingRestartResult> {
  const { bundle, controllers } = options;
  const state = new ClusterState();
  const box: { cluster?: ProcessCluster } = {};
  const cluster = await ProcessCluster.start({
    bundle,
    brokers: BROKERS,
    controllers,
    areFaultsEnabled: false,
    onEvent: (event) => {
      state.apply(event);
      box.cluster?.poke();
    },
  });
  box.cluster = cluster;
  const run = new RollingRestart(options, cluster, state);
  try {
    return await run.run();
  } finally {
    run.abandon();
    await cluster.dispose();
  }
}

/** A result that proves what it is for: nothing failed, nothing is missing, and every node was restarted. */
export function isUnharmed({ restarts, clients, failures }: RollingRestartResult, wantedRestarts: number): boolean {
  const isGood = ({ failedCount, verdict }: ClientResult): boolean =>
    failedCount === 0 && verdict.anomalies.length === 0 && verdict.counts.sends === verdict.counts.acked;
  return failures.length === 0 && restarts.length === wantedRestarts && clients.length > 0 && clients.every(isGood);
}

class RollingRestart {
  private readonly options: RollingRestartOptions;
  private readonly cluster: ProcessCluster;
  private readonly state: ClusterState;
  private readonly loads: readonly RestartLoad[];
  private readonly failures: string[] = [];
  private readonly longestGapMs = new Map<RestartClient, number>();

  constructor(options: RollingRestartOptions, cluster: ProcessCluster, state: ClusterState) {
    this.options = options;
    this.cluster = cluster;
    this.state = state;
    const nowMs = (): number => performance.now();
    this.loads = options.clients.map((client) => new RestartLoad({ client, bootstrap: cluster.bootstrap, nowMs, onAck: () => cluster.poke() }));
  }

  async run(): Promise<RollingRestartResult> {
    const { cluster, options, failures } = this;
    await this.startLoad();
    const restarts: NodeRestart[] = [];
    for (let round = 0; round < options.rounds; round++)
      for (const { id } of cluster.nodes) {
        if (failures.length > 0) break;
        const restart = await this.restart(id);
        if (restart !== undefined) restarts.push(restart);
      }
    options.tell("the load ends; every record is read back");
    await Promise.all(this.loads.map((load) => load.stop()));
    const clients: ClientResult[] = [];
    for (const load of this.loads) clients.push(await this.resultOf(load));
    return { restarts, clients, failures };
  }

  abandon(): void {
    for (const load of this.loads) load.abandon();
  }

  private async startLoad(): Promise<void> {
    const { cluster, failures } = this;
    const addresses = cluster.bootstrap.map((text) => {
      const at = text.lastIndexOf(":");
      return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
    });
    if (!(await cluster.until(() => this.state.unfenced.size === BROKERS, WAIT_TIMEOUT_MS))) failures.push("not every broker came into service");
    for (const { topic } of this.loads) {
      await createLoadTopic(addresses, topic, WAIT_TIMEOUT_MS);
      await waitForLeaders(addresses, topic, WAIT_TIMEOUT_MS);
    }
    for (const load of this.loads) await load.start();
    if (!(await cluster.until(() => this.loads.every(({ acked }) => acked >= FIRST_ACKS), WAIT_TIMEOUT_MS))) failures.push("not every client was acknowledged");
  }

  private async restart(id: number): Promise<NodeRestart | undefined> {
    const { cluster, state, failures, options } = this;
    if (!(await this.untilWhole())) return undefined;
    for (const { gaps } of this.loads) gaps.restart();
    const node = cluster.node(id);
    const wasActiveController = state.activeController === id;
    const fromMs = performance.now();
    await node.kill("SIGTERM");
    const stopMs = performance.now() - fromMs;
    if (node.ending !== "exit code 0") failures.push(`node ${id} was asked to stop: ${node.ending}`);
    state.unfenced.delete(id);
    const startMs = performance.now();
    node.start();
    if (!(await this.untilWhole())) return undefined;
    const backMs = performance.now() - startMs;
    await this.untilAckedAgain();
    const gaps = this.loads.flatMap((load) => this.gapOf(load));
    const who = `node ${id}${wasActiveController ? " (active controller)" : ""}`;
    const longest = gaps.map((gap) => `${gap.partition} ${Math.round(gap.toMs - gap.fromMs)}`).join(", ");
    options.tell(`${who} ended in ${Math.round(stopMs)} ms, back after ${Math.round(backMs)} ms; longest ms without an ack: ${longest}`);
    return { node: id, wasActiveController, stopMs, backMs, gaps };
  }

  private gapOf({ client, gaps }: RestartLoad): readonly AckGap[] {
    const [gap] = gaps.longestGaps();
    if (gap === undefined) return [];
    this.longestGapMs.set(client, Math.max(this.longestGapMs.get(client) ?? 0, gap.toMs - gap.fromMs));
    return [gap];
  }

  /** A gap that has not ended is not seen: each partition has to be acknowledged once more. */
  private async untilAckedAgain(): Promise<void> {
    const sinceMs = performance.now();
    const isAcked = ({ gaps, topic }: RestartLoad): boolean =>
      Array.from({ length: topic.partitions }).every((_, partition) => (gaps.lastAckAtMs(`${topic.name}-${partition}`) ?? 0) > sinceMs);
    if (!(await this.cluster.until(() => this.loads.every(isAcked), WAIT_TIMEOUT_MS)))
      this.failures.push(`a partition was not acknowledged for ${WAIT_TIMEOUT_MS} ms`);
  }

  /** Every broker is in service and in every ISR, and every voter has the metadata: whoever restarts a node waits for that. */
  private async untilWhole(): Promise<boolean> {
    const { state, cluster, failures } = this;
    const areIsrsFull = (): boolean =>
      state.unfenced.size === BROKERS && [...state.partitions.values()].every(({ leader, isr }) => leader >= 0 && isr.length === BROKERS);
    const untilMs = performance.now() + WAIT_TIMEOUT_MS;
    while (performance.now() < untilMs) {
      if ((await cluster.until(areIsrsFull, WAIT_TIMEOUT_MS)) && (await this.areVotersCaughtUp())) return true;
      await new Promise((resume) => void setTimeout(resume, POLL_MS));
    }
    failures.push(`the cluster was not whole after ${WAIT_TIMEOUT_MS} ms`);
    return false;
  }

  private async areVotersCaughtUp(): Promise<boolean> {
    const voters = await quorumVoters(this.cluster, this.options.bundle);
    return voters.length > 0 && voters.every(({ lastCaughtUpAgoMs }) => lastCaughtUpAgoMs < CAUGHT_UP_WITHIN_MS);
  }

  private async resultOf(load: RestartLoad): Promise<ClientResult> {
    const { client, acked, failedCount, failed } = load;
    return { client, acked, failedCount, failed, longestGapMs: this.longestGapMs.get(client) ?? 0, verdict: await load.verdict() };
  }
}
