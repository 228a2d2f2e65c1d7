import type { JoinGroupResponse } from "@samsa/protocol";
import { afterMs, type Micros, type Now } from "@samsa/stdx";
import type { Uuid } from "@samsa/stdx";
import type { ClusterMetadata } from "../cluster/cluster-metadata.ts";
import type { Assignments, Assignor, SubscribedMember } from "./assignors/assignor.ts";
import type { GroupConsumerConfig } from "./group-consumer-config.ts";
import { decodeSubscription } from "./consumer-protocol.ts";
import { isTopicName } from "../topic-name.ts";

const NO_MEMBERS: Assignments = new Map();

/** What the leader needs of its client. */
export interface LeadersCluster {
  readonly metadata: ClusterMetadata;
  wantAwhile(topics: Iterable<string>): () => void;
}

/** Which a leader shares out. Any member may name any; as many names as this make a Metadata request of 2.5 MB at most. */
export const MAX_SHARED_TOPICS = 10_000;

/** A topic as it was shared out. */
interface SharedTopic {
  /** One that was deleted and made anew is another topic: its members have to ask anew where they begin. */
  readonly topicId: Uuid;
  readonly partitions: number;
}

/**
 * What the leader of a generation has to do: it shares the partitions out once it knows all topics of all members, and watches whether these are the same,
 * with as many partitions, from then on. A member whose subscription can't be read is given nothing, and nobody anything of what can't be a topic.
 *
 * Partitions that go from one member to another are nobody's until their owner has given them up and joins again. It may never do so: 1. a static
 * member is to give some up; 2. it dies; 3. who comes in its place is given what was left to it, and has nothing to give up. Then the leader has all
 * join again, when the time is over that a member has for it.
 */
export class LeaderTask {
  private readonly cluster: LeadersCluster;
  private readonly assignor: Assignor;
  private readonly members: readonly SubscribedMember[];
  private readonly topics: ReadonlySet<string>;
  /** The coordinator has the assignment already (KIP-814). */
  private readonly skipsAssignment: boolean;
  private readonly maxPollIntervalMs: number;
  /** By then somebody must have joined again; undefined: every partition is somebody's. */
  private completeBy: Micros | undefined;
  private shared: ReadonlyMap<string, SharedTopic> | undefined;
  /** Of the metadata that were last found to say the same: nothing is compared again until there are others. */
  private comparedRevision = -1;
  private readonly wantLess: () => void;

  constructor(
    { cluster, config }: { readonly cluster: LeadersCluster; readonly config: Pick<GroupConsumerConfig, "maxPollIntervalMs"> },
    assignor: Assignor,
    response: Pick<JoinGroupResponse, "members" | "skipAssignment">,
  ) {
    this.cluster = cluster;
    this.maxPollIntervalMs = config.maxPollIntervalMs;
    this.assignor = assignor;
    const members = response.members.map(({ memberId, groupInstanceId, metadata }) => {
      const subscription = decodeSubscription(metadata) ?? { topics: [], ownedPartitions: [], generationId: -1, rackId: null };
      return { memberId, instanceId: groupInstanceId, ...subscription, topics: [...new Set(subscription.topics)].filter(isTopicName) };
    });
    this.topics = topicsToShare(members);
    this.members = members.map((member) => ({ ...member, topics: member.topics.filter((topic) => this.topics.has(topic)) }));
    this.skipsAssignment = response.skipAssignment;
    this.wantLess = cluster.wantAwhile(this.topics);
  }

  /** The generation is over, or led by another; once. */
  end(): void {
    this.wantLess();
  }

  /** Undefined: not all topics are known yet. One that is not there counts as known, and has no partitions. */
  assignments(now: Now): Assignments | undefined {
    const { metadata } = this.cluster;
    for (const topic of this.topics) if (metadata.topic(topic) === undefined) return undefined;
    this.shared = new Map(Array.from(this.topics, (topic) => [topic, sharedTopicOf(topic, metadata)]));
    this.comparedRevision = metadata.revision;
    const assignments = this.assignor.assign(this.members, new Map(Array.from(this.shared, ([topic, { partitions }]) => [topic, partitions])));
    const given = [...assignments.values()].reduce((sum, { length }) => sum + length, 0);
    const wanted = [...this.shared.values()].reduce((sum, { partitions }) => sum + partitions, 0);
    // What a leader before it has left to nobody one that assigns nothing can't know.
    const mayBeIncomplete = given < wanted || (this.skipsAssignment && this.assignor.isCooperative);
    this.completeBy = mayBeIncomplete ? afterMs(now, this.maxPollIntervalMs) : undefined;
    return this.skipsAssignment ? NO_MEMBERS : assignments;
  }

  /** There are other topics or partitions than those that were shared out, or some of them have been nobody's for too long. */
  isOutdated(now: Now): boolean {
    const { metadata } = this.cluster;
    if (this.completeBy !== undefined && this.completeBy <= now.monotonicUs) return true;
    if (this.shared === undefined || this.comparedRevision === metadata.revision) return false;
    for (const [topic, { topicId, partitions }] of this.shared) {
      const current = sharedTopicOf(topic, metadata);
      if (current.topicId !== topicId || current.partitions !== partitions) return true;
    }
    this.comparedRevision = metadata.revision;
    return false;
  }
}

/** Who names few is served before who names many: that one does not take the others' away. */
function topicsToShare(members: readonly SubscribedMember[]): ReadonlySet<string> {
  const topics = new Set<string>();
  for (const member of [...members].sort((a, b) => a.topics.length - b.topics.length)) {
    for (const topic of member.topics) {
      if (topics.size >= MAX_SHARED_TOPICS) return topics;
      topics.add(topic);
    }
  }
  return topics;
}

const sharedTopicOf = (topic: string, metadata: ClusterMetadata): SharedTopic => ({
  topicId: metadata.topicId(topic),
  partitions: metadata.partitionCountOf(topic) ?? 0,
});
