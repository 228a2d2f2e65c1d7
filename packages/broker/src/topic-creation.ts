import type { TopicToCreate } from "@samsa/controller";
import type { Now } from "@samsa/stdx";
import type { OffsetsTopicConfig } from "./config.ts";
import type { ControllerChannel, OnReply } from "./controller-channel.ts";

/** Topics that may be under automatic creation at a time. */
const MAX_UNDER_WAY = 1_000;

export interface TopicCreationOptions {
  readonly channel: ControllerChannel;
  readonly defaults: { readonly partitionCount: number; readonly replicationFactor: number };
  readonly offsetsTopic: OffsetsTopicConfig;
  /** The controller will not have it: nobody else would be told. */
  readonly refused: (name: string, because: string) => void;
}

/** How topics are created on behalf of clients: with defaults, and by themselves where somebody asked for the metadata of one that is not there. */
export class TopicCreation {
  private readonly channel: ControllerChannel;
  private readonly defaults: { readonly partitionCount: number; readonly replicationFactor: number };
  private readonly offsetsTopic: OffsetsTopicConfig;
  private readonly refused: (name: string, because: string) => void;
  private lastRefusal: string | undefined;
  private readonly underWay = new Set<string>();

  constructor({ channel, defaults, offsetsTopic, refused }: TopicCreationOptions) {
    this.refused = refused;
    this.channel = channel;
    this.defaults = defaults;
    this.offsetsTopic = offsetsTopic;
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

  /** Kafka's settings of the topic that groups are kept in, whatever this broker's defaults for topics are. */
  createOffsetsTopic(name: string, now: Now): void {
    const { partitionCount, replicationFactor, segmentBytes } = this.offsetsTopic;
    const configs = new Map([
      ["cleanup.policy", "compact"],
      ["compression.type", "producer"],
      ["segment.bytes", String(segmentBytes)],
    ]);
    this.create({ name, partitionCount, replicationFactor, assignments: [], configs }, now);
  }

  /** As Kafka: the asker is told that the topic is unknown and asks again. */
  createAutomatically(name: string, now: Now): void {
    this.create(this.withDefaults({ name, partitionCount: -1, replicationFactor: -1, assignments: [], configs: new Map() }), now);
  }

  private create(topic: TopicToCreate, now: Now): void {
    if (this.underWay.has(topic.name) || this.underWay.size >= MAX_UNDER_WAY) return;
    this.underWay.add(topic.name);
    const created: OnReply<"create-topics"> = (reply) => {
      this.underWay.delete(topic.name);
      const [outcome] = reply?.topics ?? [];
      if (outcome === undefined || outcome.error === "NONE" || outcome.error === "TOPIC_ALREADY_EXISTS") return;
      const because = `${outcome.error}: ${outcome.message ?? "the controller does not say why"}`;
      // Clients ask again and again.
      if (this.lastRefusal === `${topic.name} ${because}`) return;
      this.lastRefusal = `${topic.name} ${because}`;
      this.refused(topic.name, because);
    };
    this.channel.ask({ type: "create-topics", topics: [topic], validateOnly: false }, created, now);
  }
}
