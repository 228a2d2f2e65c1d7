import { nodeName, type Scenario } from "../scenario.ts";
import { type Healed, Recorder, type Struck } from "../recording/recorder.ts";
import type { Recording } from "../recording/recording.ts";
import { AckGaps } from "../timeline/ack-gaps.ts";
import { Timeline, type TimelineEntry } from "../timeline/timeline.ts";
import { ClusterState } from "./cluster-state.ts";
import type { NodeEvent } from "./node-event.ts";

/** All that is seen of a run while it goes on, in whatever world: events of nodes and acknowledgements of clients come in here. */
export class Observation {
  readonly state = new ClusterState();
  readonly gaps = new AckGaps();
  readonly timeline: Timeline;
  /** Something happened: who waits for a condition should look again. */
  onChange: () => void = () => {};
  /** Records that members of the load's group have processed. */
  consumedBy: () => number = () => 0;
  ackedRecords = 0;
  firstAckAtMs: number | undefined;
  readonly nowMs: () => number;
  private readonly cluster: Scenario["cluster"];
  private readonly recorder: Recorder;
  private readonly sendErrors = new Map<string, number>();
  private readonly refusals = new Map<string, number>();
  private readonly ackedByPartition = new Map<string, number>();
  /** By node and log, of its newest process: bytes that were no batch. */
  private readonly droppedBytes = new Map<number, Map<string, number>>();

  constructor({ cluster, topic }: Pick<Scenario, "cluster" | "topic">, nowMs: () => number, tell: (entry: TimelineEntry) => void) {
    this.nowMs = nowMs;
    this.cluster = cluster;
    this.recorder = new Recorder({ cluster, topic });
    this.timeline = new Timeline(nowMs, tell, (node) => nodeName(cluster, node));
  }

  event(event: NodeEvent): void {
    this.state.apply(event);
    if (event.kind === "log-recovered") this.recovered(event.node, event.path, event.droppedBytes);
    this.recorder.event(this.nowMs(), event);
    this.timeline.event(event);
    this.onChange();
  }

  acked(partition: string, records: number, baseOffset: number | undefined): void {
    const atMs = this.nowMs();
    this.firstAckAtMs ??= atMs;
    this.ackedRecords += records;
    this.ackedByPartition.set(partition, this.ackedOf(partition) + records);
    this.gaps.acked(partition, atMs);
    this.recorder.acked(atMs, partition, records);
    this.timeline.acked(partition, baseOffset);
    this.onChange();
  }

  /** A client gave up on records of a partition. */
  sendFailed(partition: string, error: string): void {
    this.recorder.sendFailed(this.nowMs(), partition, error);
    const key = `${partition}: ${error}`;
    const count = (this.sendErrors.get(key) ?? 0) + 1;
    this.sendErrors.set(key, count);
    if (count === 1) this.timeline.say(`the producer gave up on a batch of ${key}`);
  }

  /** A broker told the producer this error, by Kafka's name for it; it may try again. */
  sendRefused(error: string): void {
    const count = this.refusalsOf(error) + 1;
    this.refusals.set(error, count);
    this.recorder.sendRefused(this.nowMs(), error);
    if (count === 1) this.timeline.say(`the producer is told ${error}, and tries again`);
    this.onChange();
  }

  ackedOf(partition: string): number {
    return this.ackedByPartition.get(partition) ?? 0;
  }

  refusalsOf(error: string): number {
    return this.refusals.get(error) ?? 0;
  }

  /** Bytes at the end of a log that were no batch when the node's newest process read it back; undefined: it has not yet. `log`: as in `orders-0`. */
  droppedAtStart(node: number, log: string): number | undefined {
    return this.droppedBytes.get(node)?.get(log);
  }

  /** A fault begins; no nodes: all of them. */
  struck(fault: Struck): void {
    const { type, nodes, text } = fault;
    const led = type === "plant" ? [] : nodes.flatMap((node) => this.state.ledBy(node));
    this.recorder.struck(this.nowMs(), fault);
    this.timeline.fault(text, led);
  }

  /** Faults that last end; what is left out is any. What a process does that starts again is told by `restarted`. */
  healed(faults: Healed = {}): void {
    this.recorder.healed(this.nowMs(), faults);
    const which = faults.type === undefined ? "everything heals" : `${faults.type} is over`;
    this.timeline.say(`${which}${faults.node === undefined ? "" : ` on ${nodeName(this.cluster, faults.node)}`}`);
  }

  /** A process of the node was started again. */
  restarted(node: number, onWhat = "on the data it had"): void {
    this.recorder.nodeStarted(this.nowMs(), node);
    this.timeline.say(`${nodeName(this.cluster, node)} starts again ${onWhat}`);
  }

  /** A node's process is gone: it tells nothing more, whatever it was. */
  ended(node: number): void {
    this.state.nodeEnded(node);
    this.droppedBytes.delete(node);
    this.recorder.nodeEnded(this.nowMs(), node);
  }

  loadBegan(): void {
    this.recorder.loadBegan(this.nowMs());
  }

  loadEnded(): void {
    this.recorder.loadEnded(this.nowMs());
  }

  /** All that happened, as data. */
  recording(): Recording {
    return this.recorder.recording(this.nowMs());
  }

  private recovered(node: number, log: string, droppedBytes: number): void {
    const known = this.droppedBytes.get(node) ?? new Map<string, number>();
    this.droppedBytes.set(node, known.set(log, droppedBytes));
  }
}
