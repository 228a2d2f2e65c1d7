import type { NodeEvent } from "./node-process.ts";

export interface PartitionView {
  leader: number;
  leaderEpoch: number;
  isr: readonly number[];
}

/** The cluster as its nodes' traces tell it: a fold over events, nothing is asked. */
export class ClusterState {
  readonly partitions = new Map<string, PartitionView>();
  activeController = -1;
  private controllerEpoch = -1;

  apply(event: NodeEvent): void {
    switch (event.kind) {
      case "controller":
        if (event.isActive && event.epoch >= this.controllerEpoch) {
          this.activeController = event.node;
          this.controllerEpoch = event.epoch;
        } else if (!event.isActive && event.node === this.activeController) this.activeController = -1;
        return;
      case "leader-elected":
        this.partitions.set(`${event.topic}-${event.partition}`, { leader: event.leader, leaderEpoch: event.leaderEpoch, isr: event.isr });
        return;
      case "isr-changed": {
        const known = this.partitions.get(`${event.topic}-${event.partition}`);
        if (known !== undefined) known.isr = event.isr;
        return;
      }
      default:
        return;
    }
  }

  partition(topic: string, partition: number): PartitionView | undefined {
    return this.partitions.get(`${topic}-${partition}`);
  }
}
