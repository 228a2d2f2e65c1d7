import { errorName, isRetriable } from "@samsa/protocol";
import type { ClusterMetadata } from "../cluster/cluster-metadata.ts";

/** Finds, of the topics that a program wants, those that it may not have or that can't be: of these nobody is ever assigned anything. */
export class TopicErrors {
  private readonly metadata: ClusterMetadata;
  private readonly found: (topic: string, error: string) => void;
  /** By topic, what was told last. */
  private topics: ReadonlyMap<string, number> = new Map();
  private seenRevision = -1;

  constructor(metadata: ClusterMetadata, found: (topic: string, error: string) => void) {
    this.metadata = metadata;
    this.found = found;
  }

  want(topics: readonly string[]): void {
    this.topics = new Map(topics.map((topic) => [topic, this.topics.get(topic) ?? 0]));
    this.seenRevision = -1;
  }

  /** Each error is told once, until there is another or none. */
  pump(): void {
    const { revision } = this.metadata;
    if (this.seenRevision === revision) return;
    this.seenRevision = revision;
    const told = this.topics;
    this.topics = new Map(Array.from(told.keys(), (topic) => [topic, this.metadata.topic(topic)?.errorCode ?? 0]));
    for (const [topic, errorCode] of this.topics)
      if (errorCode !== 0 && !isRetriable(errorCode) && told.get(topic) !== errorCode) this.found(topic, errorName(errorCode));
  }
}
