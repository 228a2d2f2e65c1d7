import { type Uuid, uuidFromBytes } from "@samsa/stdx";
import type { TopicsView } from "../../src/index.ts";

interface TestTopic {
  readonly name: string;
  readonly topicId: Uuid;
  readonly partitions: { readonly length: number };
}

/** Topics that a test makes and deletes; each one made has an id of its own. */
export class TestTopics implements TopicsView {
  index = 0;
  /** How often a topic was asked for by its name. */
  lookups = 0;
  readonly groupConfigs = new Map<string, ReadonlyMap<string, string>>();
  private made = 0;
  private readonly byName = new Map<string, TestTopic>();

  make(name: string, partitionCount: number): Uuid {
    const topicId = uuidFromBytes(new Uint8Array(16).fill(++this.made));
    this.put({ name, topicId, partitions: { length: partitionCount } });
    return topicId;
  }

  grow(name: string, partitionCount: number): void {
    const topic = this.byName.get(name);
    if (topic !== undefined) this.put({ ...topic, partitions: { length: partitionCount } });
  }

  delete(name: string): void {
    this.byName.delete(name);
    this.index++;
  }

  topicByName(name: string): TestTopic | undefined {
    this.lookups++;
    return this.byName.get(name);
  }

  topicById(topicId: Uuid): TestTopic | undefined {
    return [...this.byName.values()].find((topic) => topic.topicId === topicId);
  }

  topics(): Iterable<TestTopic> {
    return this.byName.values();
  }

  groupConfig(groupId: string): ReadonlyMap<string, string> {
    return this.groupConfigs.get(groupId) ?? new Map();
  }

  private put(topic: TestTopic): void {
    this.byName.set(topic.name, topic);
    this.index++;
  }
}
