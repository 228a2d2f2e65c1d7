import type { GroupAnomaly, GroupCheckOptions } from "@samsa/history";
import type { TraceEvent } from "@samsa/world";
import type { SimulatedCluster } from "./cluster/cluster.ts";
import { type CommittedOffsets, committedOffsetsOf, DeposedCoordinators, deposedOf } from "./deposed-coordinators.ts";
import type { ExcuseBook } from "./excuses.ts";
import { groupMarks } from "./group-marks.ts";
import type { Ghost } from "./invariants/ghost.ts";
import { coordinatesAll } from "./invariants/group-replay.ts";
import type { Mark, Report } from "./invariants/invariant-check.ts";
import { LoadingCoordinators } from "./loading-coordinators.ts";
import { OFFSETS_TOPIC } from "./swarm/group-draws.ts";
import type { Tenant } from "./tenant.ts";

/** As the catalogue names them. */
const GROUP_INVARIANTS: Readonly<Record<GroupAnomaly["name"], string>> = {
  "double-owned": "I-G1",
  "stale-commit": "I-G4",
  "offset-went-back": "I-G5",
  "offset-forgotten": "I-G6",
  reprocessed: "I-G5",
  skipped: "I-L8",
  "early-commit": "I-L8",
  unprocessed: "I-L8",
  unsettled: "I-L9",
  failed: "I-L9",
  "no-evidence": "no-evidence",
};

export interface GroupJudgeOptions {
  /** There is one by the time that a node does anything. */
  readonly cluster: () => SimulatedCluster;
  /** Of the world, in microseconds. */
  readonly nowUs: () => number;
  readonly report: Report;
  readonly mark: Mark;
}

/** Follows the coordinators of groups through a run, and judges in the end what the groups' members were told. */
export class GroupJudge {
  private readonly options: GroupJudgeOptions;
  private readonly deposed = new DeposedCoordinators((node, partition) => this.coordinatorOn(node, partition));
  private readonly loading = new LoadingCoordinators();
  /** By group, in microseconds of the world. */
  private readonly deletions = new Map<string, number[]>();

  constructor(options: GroupJudgeOptions) {
    this.options = options;
  }

  add(event: TraceEvent): void {
    this.deposed.add(event, this.options.nowUs());
    this.loading.add(event, this.options.nowUs());
    if (event.event.kind !== "group-deleted") return;
    const { group } = event.event;
    this.deletions.set(group, [...(this.deletions.get(group) ?? []), this.options.nowUs()]);
  }

  /** The node's process is about to die. */
  dying(node: number): void {
    this.deposed.died(node, this.options.nowUs());
    this.loading.died(node, this.options.nowUs());
  }

  /** No leader of groups is being loaded, and nobody else coordinates them. */
  get areCoordinated(): boolean {
    return this.deposed.open.length === 0 && this.options.cluster().views.every(coordinatesAll);
  }

  /** All nodes are up, and all is calm: a coordinator that still has not heard that it is deposed never will (I-G6). */
  judge(tenants: readonly Tenant[], excuses: ExcuseBook, ghost: Ghost): void {
    for (const { groupHistories } of tenants) for (const history of groupHistories) for (const mark of groupMarks(history)) this.options.mark(mark);
    for (const _ of this.deposed.spans(this.options.nowUs())) this.options.mark("coordinator deposed");
    for (const { node, partition } of this.deposed.open)
      this.options.report("I-G6", `all is calm, and node ${node} coordinates the groups of ${OFFSETS_TOPIC}-${partition}, as another node has done since`);
    for (const tenant of tenants)
      for (const { name, groupId, topic, partition, detail } of tenant.judgeGroups(ghost, (id) => this.optionsOf(id, excuses, ghost)))
        this.options.report(GROUP_INVARIANTS[name], `${name} in ${groupId}${topic === "" ? "" : `, ${topic}-${partition}`}: ${detail}`);
  }

  /** The coordinator of a partition of `__consumer_offsets` on a node, to be asked what it has as committed. */
  private coordinatorOn(node: number, partition: number): (() => CommittedOffsets) | undefined {
    const { broker } = this.options.cluster().viewOf(node)?.node ?? {};
    const topic = broker?.groups.topic;
    const hosted = topic === undefined ? undefined : broker?.replicas.get(topic.topicId, partition);
    const coordinator = hosted === undefined ? undefined : broker?.groups.active(hosted.key);
    return coordinator === undefined ? undefined : () => committedOffsetsOf(coordinator.committed);
  }

  /** What excuses what a group was told: coordinators of it that had been deposed, or were being loaded, and records of its own partition that were lost by leave. */
  private optionsOf(groupId: string, excuses: ExcuseBook, ghost: Ghost): GroupCheckOptions {
    const broker = this.options.cluster().views.flatMap(({ node }) => node.broker ?? [])[0];
    const index = broker?.groups.partitionOf(groupId);
    if (index === undefined) return {};
    const deposed = deposedOf(this.deposed.spans(this.options.nowUs()), groupId, index);
    const lost = [...ghost.partitions.values()].filter(({ topic, partition, hasLost }) => topic === OFFSETS_TOPIC && partition === index && hasLost);
    const known = { deposed, loading: this.loading.spans(index), deletedUs: this.deletions.get(groupId) ?? [] };
    if (lost.length === 0) return known;
    // What is lost is gone for everybody when the first leader begins that was elected without it, and nothing more is when the last one has begun.
    const untilUs = excuses.ofLosses(lost).map(({ sentBeforeUs = Number.POSITIVE_INFINITY }) => sentBeforeUs);
    return { ...known, offsetsLost: { fromUs: Math.min(...untilUs), toUs: Math.max(...untilUs) } };
  }
}
