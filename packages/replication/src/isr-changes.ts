import { type BrokerEpoch, invariant, type Micros, type NodeId, type Now, type Offset, type Uuid } from "@samsa/stdx";
import type { CommittedBounds, Leader } from "./leader.ts";
import type { BrokerView, IsrAnswer, IsrChange } from "./replica-listener.ts";

export interface IsrChangesOptions {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly alterIsr: (change: IsrChange, now: Now) => void;
  readonly brokerView: (id: NodeId) => BrokerView | undefined;
  readonly ownBrokerEpoch: () => BrokerEpoch;
}

/** A replica's talk with the controller about the ISR: one question at a time, also across leaderships. */
export class IsrChanges {
  private readonly options: IsrChangesOptions;
  /** Asked and not answered; it may be of a leadership that is over. */
  private asked: IsrChange | undefined;

  constructor(options: IsrChangesOptions) {
    this.options = options;
  }

  /** To be called at this follower's fetches only, so that it is judged by what it says now. */
  maybeExpand(leader: Leader, joiner: NodeId, bounds: CommittedBounds, now: Now): void {
    if (!this.mayPropose(leader, now)) return;
    if (leader.mayJoin(joiner, bounds, this.options.brokerView(joiner))) this.propose(leader, [...leader.isr, joiner], now);
  }

  maybeShrink(leader: Leader, leaderEnd: Offset, now: Now): void {
    if (!this.mayPropose(leader, now)) return;
    const laggards = leader.laggards(leaderEnd, now);
    if (laggards.length === 0) return;
    const remaining = leader.isr.filter((id) => !laggards.includes(id));
    this.propose(leader, remaining, now);
  }

  /** True if it settled the leader's proposal. An answer to one that the metadata have overtaken says nothing any more. */
  answered(leader: Leader | undefined, answer: IsrAnswer, now: Now): boolean {
    const { asked } = this;
    this.asked = undefined;
    const isOurs = leader?.isrState.proposal !== undefined && leader.isrState.proposal.change === asked;
    if (!isOurs) return false;
    leader.isrState.answered(answer, leader.leaderEpoch, () => this.change(leader, leader.isr), now);
    return leader.isrState.proposal === undefined;
  }

  /** Asks again where the back-off is over. */
  retry(leader: Leader, now: Now): void {
    const { proposal } = leader.isrState;
    if (proposal?.retryAtUs === undefined || proposal.retryAtUs > now.monotonicUs || this.asked !== undefined) return;
    leader.isrState.retried();
    this.ask(proposal.change, now);
  }

  /** None while an answer is awaited, for that one looks for laggards again. */
  nextDeadlineUs(leader: Leader, leaderEnd: Offset): Micros | undefined {
    return this.asked === undefined ? leader.nextDeadlineUs(leaderEnd) : undefined;
  }

  private mayPropose(leader: Leader, now: Now): boolean {
    return this.asked === undefined && leader.isrState.mayPropose(now);
  }

  private propose(leader: Leader, newIsr: readonly NodeId[], now: Now): void {
    const change = this.change(leader, newIsr);
    leader.isrState.propose(change);
    this.ask(change, now);
  }

  private ask(change: IsrChange, now: Now): void {
    invariant(this.asked === undefined, "one question to the controller at a time", { asked: this.asked });
    this.asked = change;
    this.options.alterIsr(change, now);
  }

  private change(leader: Leader, isr: readonly NodeId[]): IsrChange {
    const { topicId, partition, ownBrokerEpoch, brokerView } = this.options;
    const newIsr = leader.membersOf(isr, ownBrokerEpoch(), brokerView);
    return { topicId, partition, leaderEpoch: leader.leaderEpoch, partitionEpoch: leader.partitionEpoch, newIsr };
  }
}
