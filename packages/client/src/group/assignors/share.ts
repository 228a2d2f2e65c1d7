import type { TopicPartition } from "../topic-partition.ts";
import type { SubscribedMember } from "./assignor.ts";

/** A partition, and when it was given: later ones have higher numbers. */
interface Given {
  readonly partition: TopicPartition;
  readonly sequence: number;
}

/** What one member has, so far. */
export class Share {
  readonly memberId: string;
  readonly topics: ReadonlySet<string>;
  count = 0;
  /** As long as it has no more than `count`, and the least counts have not become smaller since `at`, nothing of it can be moved. */
  immovable: { readonly count: number; readonly at: number } | undefined;
  private readonly byTopic = new Map<string, Given[]>();

  constructor({ memberId, topics }: SubscribedMember) {
    this.memberId = memberId;
    this.topics = new Set(topics);
  }

  give(partition: TopicPartition, sequence: number): void {
    this.count++;
    const given = this.byTopic.get(partition.topic);
    if (given === undefined) this.byTopic.set(partition.topic, [{ partition, sequence }]);
    else given.push({ partition, sequence });
  }

  /** Takes away what was given last of the topics that are meant; undefined: it has nothing of these. */
  takeLast(isMeant: (topic: string) => boolean): TopicPartition | undefined {
    let last: Given[] | undefined;
    for (const [topic, given] of this.byTopic) if (sequenceOf(given) > sequenceOf(last) && isMeant(topic)) last = given;
    const taken = last?.pop();
    if (taken !== undefined) this.count--;
    return taken?.partition;
  }

  /** In the order in which they were given. */
  partitions(): readonly TopicPartition[] {
    return [...this.byTopic.values()]
      .flat()
      .sort((a, b) => a.sequence - b.sequence)
      .map(({ partition }) => partition);
  }
}

const sequenceOf = (given: readonly Given[] | undefined): number => given?.at(-1)?.sequence ?? -1;
