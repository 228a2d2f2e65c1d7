import type { HostedReplica } from "@samsa/broker";
import { decodeGroupRecord, EMPTY_GROUPS, type GroupRecord, type GroupsState, replayGroupRecords } from "@samsa/coordinators";
import { type BatchHeader, batchHeaderAt } from "@samsa/log";
import { batches, decodeRecords, isControlBatch } from "@samsa/protocol/records";
import type { TraceEvent } from "@samsa/world";
import type { NodeView } from "../cluster/cluster.ts";
import { OFFSETS_TOPIC } from "../swarm/group-draws.ts";
import { contentOf } from "./batches-of.ts";
import type { Ghost } from "./ghost.ts";
import { linesOf } from "./group-lines.ts";
import type { InvariantCheck, Mark, Report, Turn } from "./invariant-check.ts";

/** By group, the last one of a log so far. */
type Generations = Map<string, { readonly generation: number; readonly batch: BatchHeader }>;
type Activation = Extract<TraceEvent["event"], { readonly kind: "group-coordinator" }>;

/**
 * I-G5: what a coordinator of groups holds to be committed is the replay of its log below the high watermark. I-G6: it is active only when all that
 * lies below its epoch's start is committed. I-G3: generations of a group only grow. Looked at when a coordinator has become active, and when all is calm:
 * then whoever leads a partition of groups coordinates them, in its own epoch, and nobody else does.
 */
export class GroupReplay implements InvariantCheck {
  readonly id = "I-G5";
  private readonly report: Report;
  private readonly mark: Mark;
  private ghost: Ghost | undefined;
  /** By `partition@leader epoch`, what a coordinator began with. */
  private readonly begun = new Map<string, GroupsState>();

  constructor(report: Report, mark: Mark = () => undefined) {
    this.report = report;
    this.mark = mark;
  }

  afterTurn(view: NodeView, ghost: Ghost, { effects }: Turn): void {
    this.ghost = ghost;
    for (const effect of effects) {
      if (effect.type !== "trace" || effect.event.kind !== "group-coordinator" || !effect.event.isActive) continue;
      const { partition } = effect.event;
      const hosted = offsetsReplicas(view).find((candidate) => candidate.partition === partition);
      if (hosted === undefined) continue;
      this.checkActivation(view, hosted, effect.event);
      // It may have stepped down in the same turn.
      if (isActive(view, hosted)) this.check(view, hosted, "groups replayed");
    }
  }

  atEnd(view: NodeView): void {
    for (const hosted of offsetsReplicas(view)) {
      const isLeader = hosted.replica.role === "leader";
      const epoch = activeEpochOf(view, hosted);
      if (epoch !== undefined && (!isLeader || epoch !== hosted.replica.leaderEpoch))
        this.report("I-G6", `all is calm, and ${view.id} coordinates the groups of ${OFFSETS_TOPIC}-${hosted.partition} in epoch ${epoch}, which is over`);
      if (!isLeader) continue;
      if (isActive(view, hosted)) this.check(view, hosted, "groups replayed in the end");
      else this.report("I-G6", `all is calm, and ${view.id}, which leads ${OFFSETS_TOPIC}-${hosted.partition}, does not coordinate its groups`);
    }
  }

  /** By what was committed when it became active: later in the same turn there may be more. */
  private checkActivation(view: NodeView, { replica, log, partition }: HostedReplica, { highWatermark, leaderEpoch }: Activation): void {
    const last = log.epochEntries.findLast(({ epoch }) => epoch <= leaderEpoch);
    const epochStart = last?.epoch === leaderEpoch ? last.startOffset : log.appendedEnd;
    if (replica.role === "leader" && replica.leaderEpoch === leaderEpoch && highWatermark < epochStart)
      this.report(
        "I-G6",
        `node ${view.id} coordinates the groups of ${OFFSETS_TOPIC}-${partition} with ${highWatermark} committed, and its epoch starts at ${epochStart}`,
      );
  }

  private check(view: NodeView, hosted: HostedReplica, mark: string): void {
    const { replica, key, partition } = hosted;
    const coordinator = view.node.broker?.groups.active(key);
    if (coordinator === undefined) return;
    const place = `${OFFSETS_TOPIC}-${partition} on node ${view.id}, committed up to ${replica.highWatermark}`;
    const state = this.replay(view, hosted);
    if (state === undefined) return this.report(this.id, `${place}: its groups are coordinated, and the node's disk does not have all of it`);
    const at = `${key}@${replica.leaderEpoch}`;
    if (!this.begun.has(at)) this.begun.set(at, state);
    const [live, replayed] = [linesOf(coordinator.committed), linesOf(state)];
    if (replayed.size > 0) this.mark(mark);
    const difference = [...live].find((line) => !replayed.has(line)) ?? [...replayed].find((line) => !live.has(line));
    if (difference !== undefined)
      this.report(this.id, `${place}: ${live.has(difference) ? "the coordinator and not its log" : "the log and not the coordinator"} has ${difference}`);
  }

  /** Undefined: the node's disk does not have all of it. */
  private replay(view: NodeView, hosted: HostedReplica): GroupsState | undefined {
    const { log, replica } = hosted;
    const generations: Generations = new Map();
    let state = EMPTY_GROUPS;
    let endOffset: number = log.logStartOffset;
    for (const span of log.segmentSpans(log.logStartOffset, replica.highWatermark)) {
      const known = log.batchesIn(span.knownOffset, Math.min(span.endOffset, replica.highWatermark));
      const sizeInBytes = known.reduce((sum, batch) => sum + batch.sizeInBytes, span.knownPosition);
      const bytes = contentOf(view, log, span, sizeInBytes);
      for (const position of batches(bytes)) {
        const batch = batchHeaderAt(bytes, position);
        // What takes the place of several segments is found for each of them.
        if (batch.endOffset <= endOffset) continue;
        if (batch.endOffset > replica.highWatermark) break;
        if (batch.baseOffset > endOffset) return undefined;
        const records = recordsOf(bytes, position);
        for (const record of records) this.checkGeneration(hosted, generations, record, batch);
        state = replayGroupRecords(state, records);
        ({ endOffset } = batch);
      }
    }
    return endOffset === replica.highWatermark ? state : undefined;
  }

  private checkGeneration(hosted: HostedReplica, generations: Generations, record: GroupRecord, batch: BatchHeader): void {
    if (record.name !== "GroupMetadata") return;
    const { group } = record.key;
    const before = generations.get(group);
    if (record.value === null) generations.delete(group);
    else generations.set(group, { generation: record.value.generation, batch });
    if (record.value === null || before === undefined || record.value.generation >= before.generation) return;
    const { generation } = record.value;
    const begun = this.begun.get(`${hosted.key}@${batch.leaderEpoch}`);
    const didNotKnow = begun !== undefined && (begun.classic.get(group)?.generation ?? 0) <= generation;
    if (didNotKnow && this.ghost?.partition(hosted).mayLack(before.batch, batch.leaderEpoch) === true) return;
    this.report(
      "I-G3",
      `${OFFSETS_TOPIC}-${hosted.partition}: generation ${generation} of ${group} follows ${before.generation} at offset ${batch.baseOffset}`,
    );
  }
}

/** Whoever leads a partition of groups on this node coordinates them, and whoever does not lead it does not. */
export const coordinatesAll = (view: NodeView): boolean =>
  offsetsReplicas(view).every((hosted) => (hosted.replica.role === "leader" ? isActive(view, hosted) : activeEpochOf(view, hosted) === undefined));

const activeEpochOf = ({ node }: NodeView, { key }: HostedReplica): number | undefined => node.broker?.groups.activeEpoch(key);

const isActive = ({ node }: NodeView, { replica, key }: HostedReplica): boolean => replica.role === "leader" && node.broker?.groups.active(key) !== undefined;

const offsetsReplicas = (view: NodeView): readonly HostedReplica[] =>
  [...(view.node.broker?.replicas.all() ?? [])].filter(({ topic, log }) => topic === OFFSETS_TOPIC && log.isReady);

const recordsOf = (bytes: Uint8Array, position: number): readonly GroupRecord[] =>
  isControlBatch(bytes, position) ? [] : decodeRecords(bytes, position).flatMap((record) => decodeGroupRecord(record) ?? []);
