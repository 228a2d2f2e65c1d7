import { nodeName, type Scenario } from "../scenario.ts";
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
  ackedRecords = 0;
  firstAckAtMs: number | undefined;
  readonly nowMs: () => number;
  private readonly sendErrors = new Map<string, number>();

  constructor({ cluster }: Pick<Scenario, "cluster" | "topic">, nowMs: () => number, tell: (entry: TimelineEntry) => void) {
    this.nowMs = nowMs;
    this.timeline = new Timeline(nowMs, tell, (node) => nodeName(cluster, node));
  }

  event(event: NodeEvent): void {
    this.state.apply(event);
    this.timeline.event(event);
    this.onChange();
  }

  acked(partition: string, records: number, baseOffset: number | undefined): void {
    const atMs = this.nowMs();
    this.firstAckAtMs ??= atMs;
    this.ackedRecords += records;
    this.gaps.acked(partition, atMs);
    this.timeline.acked(partition, baseOffset);
    this.onChange();
  }

  /** A client gave up on records of a partition. */
  sendFailed(partition: string, error: string): void {
    const key = `${partition}: ${error}`;
    const count = (this.sendErrors.get(key) ?? 0) + 1;
    this.sendErrors.set(key, count);
    if (count === 1) this.timeline.say(`the producer gave up on a batch of ${key}`);
  }
}
