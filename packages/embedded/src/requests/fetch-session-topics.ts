import type { ApiMessages } from "@samsa/protocol";
import type { Uuid } from "@samsa/stdx";

type FetchRequest = ApiMessages["Fetch"]["request"];
type NameOf = (id: Uuid) => string | undefined;

/**
 * What the fetches of one connection are about. Within a session (KIP-227) a fetch names only what is new to it, mostly nothing: it is about all that
 * the ones before have named.
 */
export class FetchSessionTopics {
  private readonly partitions = new Map<string, Set<number>>();

  /** Of this fetch, the next one of its connection. */
  of({ sessionEpoch, topics, forgottenTopicsData }: FetchRequest, nameOf: NameOf): ReadonlySet<string> {
    // A whole one: 0 begins a session, −1 ends one, or is of none.
    if (sessionEpoch <= 0) this.partitions.clear();
    for (const topic of topics) {
      const name = nameIn(topic, nameOf);
      const known = this.partitions.get(name) ?? new Set();
      for (const { partition } of topic.partitions) known.add(partition);
      this.partitions.set(name, known);
    }
    for (const topic of forgottenTopicsData) {
      const name = nameIn(topic, nameOf);
      const known = this.partitions.get(name);
      for (const partition of topic.partitions) known?.delete(partition);
      if (known?.size === 0) this.partitions.delete(name);
    }
    return new Set(this.partitions.keys());
  }
}

/** By name, or, since version 13, by id. */
const nameIn = ({ topic, topicId }: { readonly topic: string; readonly topicId: Uuid }, nameOf: NameOf): string =>
  topic === "" ? (nameOf(topicId) ?? "") : topic;
