import type { AnomalyName, Excuse, Leave, TopicPartition } from "@samsa/history";
import type { NodeEvent } from "./node-event.ts";

/** How a controller begins the reason of an election that may have lost records. */
const UNCLEAN = /(?:^|; )unclean: /;

const LOST: readonly AnomalyName[] = ["lost", "unseen", "misplaced"];

/** One process leading one partition in one leader epoch. */
interface Reign extends TopicPartition {
  readonly node: number;
  readonly leaderEpoch: number;
  /** The end of its log when it began. */
  readonly startOffset: number;
  readonly beganUs: number;
  endedUs: number;
}

/** The first time that a replica follows a leader epoch. */
interface Following extends TopicPartition {
  readonly node: number;
  readonly leaderEpoch: number;
  /** The end of its log then: behind the start of the epoch lies what its leader has not got. */
  readonly endOffset: number;
  /** What its leader had not got is gone. */
  hasTruncated: boolean;
}

interface UncleanElection extends TopicPartition {
  readonly leader: number;
  readonly leaderEpoch: number;
}

/**
 * Who led which partition when, as the nodes tell of it, and which losses that excuses: what the next leader did not have when it began, and what had
 * been acknowledged by then. All that lies before it, and all that the next leader acknowledged itself, is owed (`reliability.md` §3.3). Times are of the
 * history's clock.
 */
export class LeaderChanges {
  private readonly reigns: Reign[] = [];
  private readonly followings: Following[] = [];
  private readonly unclean: UncleanElection[] = [];

  add(event: NodeEvent, atUs: number): void {
    switch (event.kind) {
      case "started":
        return this.nodeEnded(event.node, atUs);
      case "leader-elected":
        if (event.leader >= 0 && UNCLEAN.test(event.because)) this.unclean.push(event);
        return;
      case "became-leader": {
        const { node, topic, partition, leaderEpoch, startOffset } = event;
        this.end(atUs, (reign) => reign.node === node && isOf(event)(reign));
        this.reigns.push({ node, topic, partition, leaderEpoch, startOffset, beganUs: atUs, endedUs: Number.POSITIVE_INFINITY });
        return;
      }
      case "became-follower": {
        const { node, topic, partition, leaderEpoch, endOffset } = event;
        this.end(atUs, (reign) => reign.node === node && isOf(event)(reign));
        if (this.following(event, node, leaderEpoch) === undefined)
          this.followings.push({ node, topic, partition, leaderEpoch, endOffset, hasTruncated: false });
        return;
      }
      case "truncate": {
        const following = this.followings.findLast((one) => one.node === event.node && isOf(event)(one));
        if (following !== undefined) following.hasTruncated = true;
        return;
      }
      default:
        return;
    }
  }

  /** Its process is gone: it acknowledges nothing more. */
  nodeEnded(node: number, atUs: number): void {
    this.end(atUs, (reign) => reign.node === node);
  }

  /** With acks=1 every change of a leader excuses losses, else only one without a clean election. */
  excuses(acks: -1 | 0 | 1): readonly Excuse[] {
    return this.reigns.flatMap((reign) => {
      const { topic, partition } = reign;
      const before = this.reigns.filter((other) => isOf(reign)(other) && other.leaderEpoch < reign.leaderEpoch);
      const leave = this.leaveOf(reign, before, acks);
      if (leave === undefined) return [];
      const offsets = { startOffset: this.divergesAt(reign, before), endOffset: Number.POSITIVE_INFINITY };
      return { topic, partition, offsets, ackedBeforeUs: endOf(reign, before), permits: LOST, ...leave };
    });
  }

  private leaveOf(reign: Reign, before: readonly Reign[], acks: -1 | 0 | 1): Leave | undefined {
    const previous = before.toSorted((a, b) => a.leaderEpoch - b.leaderEpoch).at(-1);
    if (previous === undefined) return undefined;
    const unclean = this.unclean.find((one) => isOf(reign)(one) && one.leaderEpoch > previous.leaderEpoch && one.leaderEpoch <= reign.leaderEpoch);
    if (unclean !== undefined) return { kind: "unclean-election", because: becauseOfUnclean(unclean) };
    return acks === 1 ? { kind: "acks-1", because: becauseOfAcks(reign, previous) } : undefined;
  }

  /**
   * From where on the new leader lacks what those before it had. That is where its log ended, if it had followed them; if it had not, its log may hold
   * something older than they had: 1. b has records of epoch 0 that a has not; 2. a leads in epoch 1, writes others at these offsets, and dies before b
   * has fetched; 3. b leads in epoch 2, and its log ends behind what is lost.
   */
  private divergesAt({ node, startOffset, ...place }: Reign, before: readonly Reign[]): number {
    let from = startOffset;
    for (const earlier of before.toSorted((a, b) => b.leaderEpoch - a.leaderEpoch)) {
      if (earlier.node === node) break;
      const following = this.following(place, node, earlier.leaderEpoch);
      const hasFetched = startOffset > earlier.startOffset && following !== undefined && following.endOffset <= earlier.startOffset;
      if (hasFetched || following?.hasTruncated === true) break;
      from = Math.min(from, earlier.startOffset);
    }
    return from;
  }

  private following(place: TopicPartition, node: number, leaderEpoch: number): Following | undefined {
    return this.followings.find((one) => one.node === node && one.leaderEpoch === leaderEpoch && isOf(place)(one));
  }

  private end(atUs: number, isOver: (reign: Reign) => boolean): void {
    for (const reign of this.reigns) if (reign.endedUs === Number.POSITIVE_INFINITY && isOver(reign)) reign.endedUs = atUs;
  }
}

const isOf =
  ({ topic, partition }: TopicPartition) =>
  (other: TopicPartition): boolean =>
    other.topic === topic && other.partition === partition;

/** Who has not heard of the new leader goes on to acknowledge; nobody can tell then whose word an acknowledgement was. */
const endOf = ({ beganUs }: Reign, before: readonly Reign[]): number => Math.max(beganUs, ...before.map(({ endedUs }) => endedUs));

const becauseOfUnclean = ({ leader, leaderEpoch }: UncleanElection): string =>
  `broker ${leader} was elected in epoch ${leaderEpoch} though it was in neither ISR nor ELR: unclean.leader.election.enable allows it`;

const becauseOfAcks = (next: Reign, previous: Reign): string =>
  `with acks=1 a record may vanish with the leader that acknowledged it: broker ${next.node} followed broker ${previous.node} in epoch ${next.leaderEpoch}, after epoch ${previous.leaderEpoch}`;
