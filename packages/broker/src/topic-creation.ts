import type { TopicToCreate } from "@samsa/controller";
import type { Now } from "@samsa/stdx";
import type { ControllerChannel } from "./controller-channel.ts";

/** Topics that may be under automatic creation at a time. */
const MAX_UNDER_WAY = 1_000;

/** How topics are created on behalf of clients: with defaults, and by themselves where somebody asked for the metadata of one that is not there. */
export class TopicCreation {
  private readonly channel: ControllerChannel;
  private readonly defaults: { readonly partitionCount: number; readonly replicationFactor: number };
  private readonly underWay = new Set<string>();

  constructor(options: { channel: ControllerChannel; defaults: { partitionCount: number; replicationFactor: number } }) {
    this.channel = options.channel;
    this.defaults = options.defaults;
  }

  /** With this broker's defaults in the place of −1. */
  withDefaults(topic: TopicToCreate): TopicToCreate {
    if (topic.assignments.length > 0) return topic;
    const { partitionCount, replicationFactor } = this.defaults;
    return {
      ...topic,
      partitionCount: topic.partitionCount === -1 ? partitionCount : topic.partitionCount,
      replicationFactor: topic.replicationFactor === -1 ? replicationFactor : topic.replicationFactor,
    };
  }

  /** As Kafka: the asker is told that the topic is unknown and asks again. */
  createAutomatically(name: string, now: Now): void {
    if (this.underWay.has(name) || this.underWay.size >= MAX_UNDER_WAY) return;
    this.underWay.add(name);
    const topic: TopicToCreate = { name, partitionCount: -1, replicationFactor: -1, assignments: [], configs: new Map() };
    this.channel.ask({ type: "create-topics", topics: [this.withDefaults(topic)], validateOnly: false }, () => this.underWay.delete(name), now);
  }
}
