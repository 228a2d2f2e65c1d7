import type { BrokerEpoch, NodeId, Now } from "@samsa/stdx";
import type { IsrChange, Replica } from "@samsa/replication";
import type { ControllerChannel } from "./controller-channel.ts";

/** Partitions in one AlterPartition: the control plane refuses messages without bounds. */
const MAX_PARTITIONS_PER_ASK = 1_000;

interface Waiting {
  readonly replica: Replica;
  readonly change: IsrChange;
}

/** Sends the ISR changes of a turn to the controller together, and its answers back to the replicas. */
export class IsrChanges {
  private readonly self: NodeId;
  private readonly channel: ControllerChannel;
  private waiting: Waiting[] = [];

  constructor(options: { self: NodeId; channel: ControllerChannel }) {
    this.self = options.self;
    this.channel = options.channel;
  }

  add(replica: Replica, change: IsrChange): void {
    this.waiting.push({ replica, change });
  }

  endTurn(brokerEpoch: BrokerEpoch, now: Now): void {
    if (this.waiting.length === 0) return;
    const waiting = this.waiting;
    this.waiting = [];
    for (let at = 0; at < waiting.length; at += MAX_PARTITIONS_PER_ASK) this.send(waiting.slice(at, at + MAX_PARTITIONS_PER_ASK), brokerEpoch, now);
  }

  private send(sent: readonly Waiting[], brokerEpoch: BrokerEpoch, now: Now): void {
    const partitions = sent.map(({ change }) => change);
    this.channel.ask(
      { type: "alter-partition", brokerId: this.self, brokerEpoch, partitions },
      (reply, repliedAt) => {
        for (const [index, { replica }] of sent.entries()) {
          const result = reply?.partitions[index];
          if (reply === undefined) replica.isrAltered({ error: "TIMED_OUT" }, repliedAt);
          else if (reply.error !== "NONE" || result === undefined) replica.isrAltered({ error: reply.error === "NONE" ? "TIMED_OUT" : reply.error }, repliedAt);
          else replica.isrAltered(result, repliedAt);
        }
      },
      now,
    );
  }
}
