import {
  type CheckOptions,
  checkGroup,
  checkHistory,
  type GroupAnomaly,
  type GroupCheckOptions,
  type GroupHistory,
  type Excuse,
  type TopicPartition,
  type Verdict,
} from "@samsa/history";
import { type GroupLoad, type Pace, WorkloadMachine } from "@samsa/workload";
import { BrokenConnections } from "./cluster/broken-connections.ts";
import { rackOf, type SimulatedCluster } from "./cluster/cluster.ts";
import type { ExcuseBook } from "./excuses.ts";
import type { Ghost } from "./invariants/ghost.ts";
import type { GhostPartition } from "./invariants/ghost-partition.ts";
import type { Report } from "./invariants/invariant-check.ts";
import type { GroupShape, LoadShape, OtherTopic, TopicShape } from "./swarm/simulation-input.ts";
import { ClientPromises } from "./client-promises.ts";

export interface TenantOptions extends OtherTopic {
  /** Of the host that its clients run on. */
  readonly host: number;
  readonly runId: string;
  /** Groups that read the topic, too. */
  readonly groups: readonly GroupShape[];
  /** Consumers are in the rack of this broker; without it, nowhere. */
  readonly readersNear: number | undefined;
  /** Records may be deleted by these settings; undefined: none may. */
  readonly deletesBecause: string | undefined;
  readonly report: Report;
}

/** The verdict on the history of one topic. */
export interface TopicVerdict {
  readonly topic: string;
  readonly verdict: Verdict;
}

/** Longer than any run: whether the topic can be created is I-L7. */
const CREATE_TIMEOUT_MS = 3_600_000;
const ASKS_ENDS_EVERY_MS = 200;

/** One topic with its clients, judged by what its own settings promise. */
export class Tenant {
  readonly name: string;
  readonly topic: TopicShape;
  readonly load: LoadShape;
  private readonly options: TenantOptions;
  private machine: WorkloadMachine | undefined;
  private connections: BrokenConnections | undefined;

  constructor(options: TenantOptions) {
    this.options = options;
    this.name = options.name;
    this.topic = options.topic;
    this.load = options.load;
  }

  get acked(): number {
    return this.machine?.timeline.acked ?? 0;
  }

  get phase(): string {
    return this.machine?.phase ?? "nowhere";
  }

  get isOver(): boolean {
    return this.machine?.isOver === true;
  }

  get groupHistories(): readonly GroupHistory[] {
    return this.machine?.groupHistories ?? [];
  }

  start(cluster: SimulatedCluster, ghost: Ghost): void {
    const { host, report } = this.options;
    if (this.load.acks === -1) ghost.acksAllTopics.add(this.name);
    const promises = new ClientPromises({ topic: this.name, acks: this.load.acks, ghost, report });
    cluster.addClient(
      host,
      ({ seed }) => {
        const machine = this.machineOf(cluster, seed);
        this.machine = machine;
        this.connections = new BrokenConnections(machine, () => machine.phase === "producing" || machine.phase === "draining");
        return this.connections;
      },
      (effects) => promises.afterTurn(effects),
    );
  }

  /** No more load: what was acknowledged is read back. */
  finish(): void {
    this.machine?.finish();
  }

  judge(excuses: ExcuseBook, ghost: Ghost): TopicVerdict {
    const { acks, isIdempotent, maxInFlight } = this.load;
    if (this.machine === undefined) throw new RangeError("the workload was never started");
    const ofTopic = [...ghost.partitions.values()].filter(({ topic }) => topic === this.name);
    const { deletesBecause } = this.options;
    const deletions = deletesBecause === undefined ? [] : excuses.ofDeletions(ofTopic, { because: deletesBecause, isIdempotent });
    const disorder = acks === 0 ? excuses.ofReconnections(ofTopic, this.connections?.endedUs ?? []) : [];
    const losses = [...excuses.ofLosses(ofTopic), ...deletions, ...disorder];
    const options: CheckOptions = {
      acks: acks === -1 ? "all" : acks,
      isIdempotent,
      maxInFlight,
      // With acks=1 each loss needs an excuse of its own.
      excuses: acks === 1 ? [...losses, ...excuses.ofLeaderChanges(ofTopic)] : (losses satisfies readonly Excuse[]),
      hasStableLeader: () => true,
    };
    return { topic: this.name, verdict: checkHistory(this.machine.history, options) };
  }

  /** What is wrong with what the groups' members were told; `optionsOf`: what excuses it, for each group. */
  judgeGroups(ghost: Ghost, optionsOf: (groupId: string) => GroupCheckOptions): readonly GroupAnomaly[] {
    const { machine } = this;
    if (machine === undefined) throw new RangeError("the workload was never started");
    const partitions = [...ghost.partitions.values()];
    const ofTarget = (target: TopicPartition): GhostPartition[] =>
      partitions.filter(({ topic, partition }) => topic === target.topic && partition === target.partition);
    const mayHaveLostRecords = (target: TopicPartition): boolean => ofTarget(target).some(({ hasLost }) => hasLost);
    const startMax = (target: TopicPartition): number => Math.max(0, ...ofTarget(target).map((one) => one.startMax));
    return machine.groupHistories.flatMap((group) => checkGroup(group, machine.history, { mayHaveLostRecords, startMax, ...optionsOf(group.groupId) }));
  }

  private machineOf(cluster: SimulatedCluster, seed: number): WorkloadMachine {
    const { name, topic, load } = this;
    const { firstProducerEpoch = 0, firstSequence = 0, isIdempotent, maxInFlight } = load;
    const { readersNear, runId, groups } = this.options;
    return new WorkloadMachine({
      runId,
      seed,
      bootstrap: cluster.bootstrap,
      topic: { name, partitions: topic.partitions, replicationFactor: topic.replicationFactor, configs: configsOf(topic) },
      createTimeoutMs: CREATE_TIMEOUT_MS,
      producers: load.producers,
      consumers: 1,
      consumer: readersNear === undefined ? {} : { clientRack: rackOf(readersNear) },
      asksEndsEveryMs: ASKS_ENDS_EVERY_MS,
      groups: groups.map(groupLoadOf),
      pace: paceOf(load),
      producer: { acks: load.acks === -1 ? "all" : load.acks, isIdempotent, maxInFlight, firstProducerEpoch, firstSequence },
    });
  }
}

const configsOf = ({ minInsyncReplicas, isUncleanAllowed = false }: TopicShape): Readonly<Record<string, string>> => ({
  "min.insync.replicas": String(minInsyncReplicas),
  ...(isUncleanAllowed ? { "unclean.leader.election.enable": "true" } : {}),
});

const groupLoadOf = (shape: GroupShape, index: number): GroupLoad => ({
  groupId: `group-${index}`,
  members: shape.members,
  partitionAssignmentStrategy: shape.secondStrategy === undefined ? [shape.strategy] : [shape.strategy, shape.secondStrategy],
  isStatic: shape.isStatic,
  commitEveryMs: shape.commitEveryMs,
  ...(shape.idleMs === undefined ? {} : { idleMs: shape.idleMs }),
  ...(shape.churnEveryMs === undefined ? {} : { churnEveryMs: shape.churnEveryMs }),
  ...(shape.pauseEveryMs === undefined ? {} : { pauseEveryMs: shape.pauseEveryMs }),
  ...(shape.seekEveryMs === undefined ? {} : { seekEveryMs: shape.seekEveryMs }),
  consumer: {
    ...(shape.isAutoCommitting === true ? { enableAutoCommit: true, autoCommitIntervalMs: shape.commitEveryMs } : {}),
    sessionTimeoutMs: shape.sessionTimeoutMs,
    maxPollIntervalMs: shape.maxPollIntervalMs,
    ...(shape.maxPollRecords === undefined ? {} : { maxPollRecords: shape.maxPollRecords }),
  },
});

function paceOf({ recordsPerSecond, recordsPerBurst, isBurstToOnePartition = false }: LoadShape): Pace {
  if (recordsPerBurst === 1) return { type: "rate", recordsPerSecond };
  return { type: "bursts", records: recordsPerBurst, everyMs: (1000 * recordsPerBurst) / recordsPerSecond, isToOnePartition: isBurstToOnePartition };
}
