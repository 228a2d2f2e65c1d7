import { afterMs, type BrokerEpoch, type Micros, type NodeId, type Now, type Uuid } from "@samsa/stdx";
import type { ControllerChannel } from "../controller-channel.ts";

/** A replica lies in a directory of which the metadata do not know yet. */
export interface DirectoryAssignment {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly directoryId: Uuid;
}

/** Replicas in one request; Kafka's bound is 2 250. */
const REPLICAS_PER_ASK = 1_000;
const RETRY_MS = 100;

/**
 * Tells the controller where replicas lie (AssignReplicasToDirs, KIP-858), one request at a time, until it has taken it: what it does not know
 * it can't take out of ISRs when the directory fails.
 */
export class DirectoryAssignments {
  private readonly self: NodeId;
  private readonly channel: ControllerChannel;
  /** By partition; the newest word counts. Bounded by the replicas that this broker has. */
  private readonly waiting = new Map<string, DirectoryAssignment>();
  private isAsking = false;
  private retryAt: Micros | undefined;

  constructor({ self, channel }: { readonly self: NodeId; readonly channel: ControllerChannel }) {
    this.self = self;
    this.channel = channel;
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.waiting.size === 0 || this.isAsking ? undefined : this.retryAt;
  }

  add(key: string, assignment: DirectoryAssignment): void {
    this.waiting.set(key, assignment);
  }

  /** The partition is not this broker's any more. */
  forget(key: string): void {
    this.waiting.delete(key);
  }

  endTurn(brokerEpoch: BrokerEpoch, now: Now): void {
    if (this.waiting.size === 0 || this.isAsking || (this.retryAt !== undefined && this.retryAt > now.monotonicUs)) return;
    const sent = [...this.waiting].slice(0, REPLICAS_PER_ASK);
    this.isAsking = true;
    this.channel.ask(
      { type: "assign-replicas-to-dirs", brokerId: this.self, brokerEpoch, replicas: sent.map(([, assignment]) => assignment) },
      (reply, at) => {
        this.isAsking = false;
        const isTaken = reply?.error === "NONE";
        this.retryAt = isTaken ? undefined : afterMs(at, RETRY_MS);
        if (isTaken) for (const [key, assignment] of sent) if (this.waiting.get(key) === assignment) this.waiting.delete(key);
      },
      now,
    );
  }
}
