import type { BrokerEpoch, NodeId, Now } from "@samsa/stdx";
import type { ControllerChannel } from "./controller-channel.ts";

/** Called with the id, or undefined if the controller could not be reached. */
type Take = (producerId: number | undefined, now: Now) => void;

/** Requests that may wait for a block; more are answered as if the controller could not be reached. */
const MAX_WAITING = 10_000;

/** Hands out producer ids from blocks that the controller gave to this broker alone. */
export class ProducerIds {
  private readonly self: NodeId;
  private readonly channel: ControllerChannel;
  private next = 0;
  private end = 0;
  private waiting: Take[] = [];
  private isAsking = false;

  constructor(options: { self: NodeId; channel: ControllerChannel }) {
    this.self = options.self;
    this.channel = options.channel;
  }

  take(brokerEpoch: BrokerEpoch, take: Take, now: Now): void {
    if (this.next < this.end) return take(this.next++, now);
    if (this.waiting.length >= MAX_WAITING) return take(undefined, now);
    this.waiting.push(take);
    if (this.isAsking) return;
    this.isAsking = true;
    this.channel.ask(
      { type: "allocate-producer-ids", brokerId: this.self, brokerEpoch },
      (reply, repliedAt) => {
        this.isAsking = false;
        if (reply?.error === "NONE") {
          this.next = reply.firstProducerId;
          this.end = reply.firstProducerId + reply.count;
        }
        this.serve(reply?.error === "NONE", brokerEpoch, repliedAt);
      },
      now,
    );
  }

  private serve(hasBlock: boolean, brokerEpoch: BrokerEpoch, now: Now): void {
    const served = this.waiting;
    this.waiting = [];
    for (const take of served) {
      if (hasBlock) this.take(brokerEpoch, take, now);
      else take(undefined, now);
    }
  }
}
