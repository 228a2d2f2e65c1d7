import { brokerEpoch, type BrokerEpoch, leaderEpoch, type NodeId, nodeId, partitionEpoch } from "@samsa/stdx";
import type { BrokerView, IsrAnswer, IsrChange } from "../src/index.ts";

/** The committed metadata of one partition and its brokers at one time. */
export interface Image {
  readonly leader: NodeId;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly isr: readonly NodeId[];
  readonly brokers: ReadonlyMap<NodeId, BrokerView>;
}

/** What a controller does for one partition, in the fewest words: elections from the ISR, and AlterPartition. */
export class ScriptedController {
  image: Image;
  readonly replicas: readonly NodeId[];
  private readonly published: (image: Image) => void;
  private nextBrokerEpoch = 100;

  constructor(replicas: readonly NodeId[], isr: readonly NodeId[], published: (image: Image) => void) {
    this.replicas = replicas;
    this.published = published;
    const brokers = new Map(replicas.map((id) => [id, { brokerEpoch: brokerEpoch(this.nextBrokerEpoch++), isFenced: false }]));
    this.image = { leader: isr[0] ?? nodeId(-1), leaderEpoch: 1, partitionEpoch: 1, isr, brokers };
  }

  epochOf(id: NodeId): BrokerEpoch {
    return this.image.brokers.get(id)?.brokerEpoch ?? brokerEpoch(-1);
  }

  /** The last member stays in the ISR, so that nobody else is elected. */
  fence(id: NodeId): void {
    const isr = this.image.isr.filter((member) => member !== id);
    this.setBroker(id, { brokerEpoch: this.epochOf(id), isFenced: true });
    this.change(isr.length === 0 ? this.image.isr : isr);
  }

  unfence(id: NodeId): void {
    this.setBroker(id, { brokerEpoch: this.epochOf(id), isFenced: false });
    this.change(this.image.isr);
  }

  /** A new incarnation; fenced until it has caught up with the metadata. */
  register(id: NodeId): BrokerEpoch {
    const epoch = brokerEpoch(this.nextBrokerEpoch++);
    this.setBroker(id, { brokerEpoch: epoch, isFenced: true });
    this.publish(this.image);
    return epoch;
  }

  /** Moves the leadership to another member of the ISR. */
  elect(id: NodeId): void {
    if (!this.isAlive(id) || !this.image.isr.includes(id) || this.image.leader === id) return;
    this.publish({ ...this.image, leader: id, leaderEpoch: this.image.leaderEpoch + 1, partitionEpoch: this.image.partitionEpoch + 1 });
  }

  /** An accepted change always has a partition epoch of its own, so that it voids delayed requests. */
  alterIsr(sender: NodeId, change: IsrChange): IsrAnswer {
    const { image } = this;
    const ids = change.newIsr.map((member) => member.brokerId);
    if (change.leaderEpoch === image.leaderEpoch && change.partitionEpoch === image.partitionEpoch - 1 && sameSet(ids, image.isr)) return this.accepted();
    if (change.leaderEpoch < image.leaderEpoch) return { error: "FENCED_LEADER_EPOCH" };
    if (change.partitionEpoch < image.partitionEpoch) return { error: "INVALID_UPDATE_VERSION" };
    if (sender !== image.leader || !ids.includes(sender)) return { error: "INVALID_REQUEST" };
    const isEligible = change.newIsr.every((member) => this.isAlive(member.brokerId) && member.brokerEpoch === this.epochOf(member.brokerId));
    if (!isEligible) return { error: "INELIGIBLE_REPLICA" };
    this.publish({ ...image, isr: ids, partitionEpoch: image.partitionEpoch + 1 });
    return this.accepted();
  }

  private accepted(): IsrAnswer {
    const { leader, isr } = this.image;
    return { error: "NONE", leader, isr, leaderEpoch: leaderEpoch(this.image.leaderEpoch), partitionEpoch: partitionEpoch(this.image.partitionEpoch) };
  }

  private isAlive(id: NodeId): boolean {
    return this.image.brokers.get(id)?.isFenced === false;
  }

  private setBroker(id: NodeId, view: BrokerView): void {
    this.image = { ...this.image, brokers: new Map(this.image.brokers).set(id, view) };
  }

  private change(isr: readonly NodeId[]): void {
    const { image } = this;
    const isLeaderLeft = image.leader >= 0 && isr.includes(image.leader) && this.isAlive(image.leader);
    const leader = isLeaderLeft ? image.leader : (isr.find((id) => this.isAlive(id)) ?? nodeId(-1));
    const isSame = leader === image.leader && sameSet(isr, image.isr);
    const epochs = { leaderEpoch: image.leaderEpoch + (leader === image.leader ? 0 : 1), partitionEpoch: image.partitionEpoch + (isSame ? 0 : 1) };
    this.publish({ ...image, ...epochs, leader, isr });
  }

  private publish(image: Image): void {
    this.image = image;
    this.published(image);
  }
}

const sameSet = (a: readonly NodeId[], b: readonly NodeId[]): boolean => a.length === b.length && a.every((id) => b.includes(id));
