import type { NodeEvent } from "../run/node-event.ts";
import { BandList } from "./band.ts";
import type { NodeRecord, NodeState } from "./recording.ts";

/** The life of one node. A process that is down is down, whatever is still told of it. */
export class NodeRecorder {
  readonly id: number;
  private readonly node: Omit<NodeRecord, "states">;
  private readonly states = new BandList<NodeState>();
  /** Of the newest word of the controller on this broker. */
  private brokerEpoch = -1;
  /** Words on an earlier process of this broker are below it. */
  private brokerEpochMin = 0;

  constructor(node: Omit<NodeRecord, "states">) {
    this.id = node.id;
    this.node = node;
    this.states.change(0, "starting");
  }

  get isDown(): boolean {
    return this.states.last === "down";
  }

  /** The node tells of itself. */
  tells(atMs: number, event: NodeEvent): void {
    if (event.kind === "started" && this.isDown) this.starts(atMs);
    if (event.kind === "stopping" && !this.isDown) this.states.change(atMs, "stopping");
    if (event.kind === "raft-role" && !this.node.isBroker && this.isServing) {
      if (event.leader >= 0) this.states.change(atMs, "in-service");
      else if (this.states.last === "in-service") this.states.change(atMs, "out-of-service");
    }
  }

  /** A controller tells of the broker. */
  told(atMs: number, epoch: number, isUnfenced: boolean): void {
    if (!this.isServing || epoch < Math.max(this.brokerEpoch, this.brokerEpochMin)) return;
    this.brokerEpoch = epoch;
    this.states.change(atMs, isUnfenced ? "in-service" : "out-of-service");
  }

  starts(atMs: number): void {
    this.brokerEpochMin = this.brokerEpoch + 1;
    this.states.change(atMs, "starting");
  }

  ended(atMs: number): void {
    this.states.change(atMs, "down");
  }

  record(endMs: number): NodeRecord {
    return { ...this.node, states: this.states.until(endMs) };
  }

  private get isServing(): boolean {
    return !this.isDown && this.states.last !== "stopping";
  }
}
