import { offsetsPartitionOf } from "../foreign-clients/offsets-partition.ts";
import type { Who } from "../who.ts";
import type { NodeEvent } from "./node-event.ts";

const OFFSETS_TOPIC = "__consumer_offsets";

export interface PartitionView {
  leader: number;
  leaderEpoch: number;
  /** Of the last change of the ISR that was told; −1: none was. An election tells no partition epoch. */
  partitionEpoch: number;
  isr: readonly number[];
}

/** The cluster as its nodes' traces tell it: a fold over events, nothing is asked. */
export class ClusterState {
  readonly partitions = new Map<string, PartitionView>();
  readonly unfenced = new Set<number>();
  /** Why the controller has fenced those that it has fenced. */
  readonly fencedBecause = new Map<number, string>();
  /** Brokers whose process ended, and that have not come into service since: what was told of them is of before. */
  readonly gone = new Set<number>();
  /** Nodes that know the leader of the metadata quorum. */
  readonly inQuorum = new Set<number>();
  activeController = -1;
  private controllerEpoch = -1;

  apply(event: NodeEvent): void {
    switch (event.kind) {
      case "controller":
        return this.controllerChanged(event.node, event.isActive, event.epoch);
      case "broker-unfenced":
        this.unfenced.add(event.broker);
        this.fencedBecause.delete(event.broker);
        this.gone.delete(event.broker);
        return;
      case "broker-fenced":
        this.unfenced.delete(event.broker);
        this.fencedBecause.set(event.broker, event.because);
        return;
      case "raft-role":
        if (event.leader >= 0) this.inQuorum.add(event.node);
        else this.inQuorum.delete(event.node);
        return;
      case "leader-elected": {
        const known = this.partition(event.topic, event.partition);
        const { leader, leaderEpoch, isr } = event;
        if (known !== undefined && known.leaderEpoch >= leaderEpoch) return;
        this.partitions.set(`${event.topic}-${event.partition}`, { leader, leaderEpoch, partitionEpoch: known?.partitionEpoch ?? -1, isr });
        return;
      }
      case "isr-changed": {
        const known = this.partition(event.topic, event.partition);
        // 1. A controller tells of partition epochs 5 and 6 and dies; 2. the next one tells of both again, or its words are read before the first one's.
        if (known === undefined || event.leaderEpoch < known.leaderEpoch || event.partitionEpoch <= known.partitionEpoch) return;
        known.partitionEpoch = event.partitionEpoch;
        known.isr = event.isr;
        return;
      }
      default:
        return;
    }
  }

  /** A process was killed. Nobody may have told of it yet; its next one has to earn its place anew. */
  killed(node: number): void {
    this.unfenced.delete(node);
    this.inQuorum.delete(node);
    if (this.activeController === node) this.activeController = -1;
  }

  /** It tells nothing more, whatever it was. */
  nodeEnded(node: number): void {
    this.gone.add(node);
    if (node === this.activeController) this.activeController = -1;
  }

  partition(topic: string, partition: number): PartitionView | undefined {
    return this.partitions.get(`${topic}-${partition}`);
  }

  /** Who has the role now; undefined if nobody has. */
  resolve(who: Exclude<Who, { type: "named" }>): number | undefined {
    switch (who.type) {
      case "node":
        return who.id;
      case "active-controller":
        return this.activeController < 0 ? undefined : this.activeController;
      case "leader":
        return this.leaderOf(who.topic, who.partition);
      case "coordinator":
        return this.leaderOf(OFFSETS_TOPIC, offsetsPartitionOf(who.groupId));
      case "follower": {
        const state = this.partition(who.topic, who.partition);
        return state?.isr.filter((id) => id !== state.leader)[who.index ?? 0];
      }
    }
  }

  /** Undefined where nobody leads. */
  leaderOf(topic: string, partition: number): number | undefined {
    const leader = this.partition(topic, partition)?.leader;
    return leader === undefined || leader < 0 ? undefined : leader;
  }

  /** Names of the partitions that a broker leads. */
  ledBy(broker: number): readonly string[] {
    return [...this.partitions].filter(([, { leader }]) => leader === broker).map(([name]) => name);
  }

  private controllerChanged(node: number, isActive: boolean, epoch: number): void {
    if (isActive && epoch >= this.controllerEpoch) {
      this.activeController = node;
      this.controllerEpoch = epoch;
    } else if (!isActive && node === this.activeController) this.activeController = -1;
  }
}
