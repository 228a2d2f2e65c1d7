import type { Uuid } from "@samsa/stdx";

/** What a coordinator needs to know of a topic. A topic that was deleted and made again is another one. */
export interface KnownTopic {
  readonly name: string;
  readonly topicId: Uuid;
  /** By partition index, dense from 0. */
  readonly partitions: { readonly length: number };
}

/** The topics of the cluster as this broker's metadata have them. */
export interface TopicsView {
  /** Higher where the metadata are newer. */
  readonly index: number;
  topicByName(name: string): KnownTopic | undefined;
  topicById(topicId: Uuid): KnownTopic | undefined;
  /** In an order that depends on the set of topics only. */
  topics(): Iterable<KnownTopic>;
  /** What was set for a group, by Kafka's names. */
  groupConfig(groupId: string): ReadonlyMap<string, string>;
}
