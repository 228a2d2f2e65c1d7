import type { ControllerReply, TopicToCreate } from "@samsa/controller";
import type { Now } from "@samsa/stdx";
import type { ControllerChannel } from "./controller-channel.ts";

type Created = Extract<ControllerReply, { type: "create-topics" }>;

/** Topics that may be under automatic creation at a time. */
const MAX_UNDER_WAY = 1_000;

/** Creates topics on behalf of clients: on request, or because somebody asked for the metadata of one that is not there. */
export class TopicCreation {
  private readonly channel: ControllerChannel;
  private readonly defaults: { readonly partitionCount: number; readonly replicationFactor: number };
  private readonly underWay = new Set<string>();

  constructor(options: { channel: ControllerChannel; defaults: { partitionCount: number; replicationFactor: number } }) {
    this.channel = options.channel;
    this.defaults = options.defaults;
  }

  create(topics: readonly TopicToCreate[], isValidateOnly: boolean, done: (reply: Created | undefined, now: Now) => void, now: Now): void {
    const filled = topics.map((topic) => ({
      ...topic,
      partitionCount: topic.partitionCount === -1 && topic.assignments.length === 0 ? this.defaults.partitionCount : topic.partitionCount,
      replicationFactor: topic.replicationFactor === -1 && topic.assignments.length === 0 ? this.defaults.replicationFactor : topic.replicationFactor,
    }));
    this.channel.ask({ type: "create-topics", topics: filled, validateOnly: isValidateOnly }, done, now);
  }

  /** As Kafka: the asker is told that the topic is unknown and asks again. */
  createAutomatically(name: string, now: Now): void {
    if (this.underWay.has(name) || this.underWay.size >= MAX_UNDER_WAY) return;
    this.underWay.add(name);
    const topic: TopicToCreate = { name, partitionCount: -1, replicationFactor: -1, assignments: [], configs: new Map() };
    this.create([topic], false, () => this.underWay.delete(name), now);
  }
}
