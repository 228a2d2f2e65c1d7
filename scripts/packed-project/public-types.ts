// Checked where only the two packages are installed: strict, with every library's own declarations, and without the types of Node.
import { ANY_DIRECTORY, type RaftNode, type RaftOutput } from "raft-ts";
import { Cluster, ClusterError, type ClusterState, type Fault, type TopicOptions } from "samsa";

const topic: TopicOptions = { partitions: 3, config: { "min.insync.replicas": 2 } };

export async function leaderAfterFailover(): Promise<number | undefined> {
  await using cluster = await Cluster.start({ brokers: 3, config: { "num.partitions": 3 } });
  await cluster.createTopic("orders", topic);
  using slow: Fault = cluster.delay("Fetch", 20, { topic: "orders" });
  cluster.failNext("Produce", "NOT_LEADER_OR_FOLLOWER", { times: 2 });
  // @ts-expect-error: there is no such API
  cluster.hold("Produce2");
  // @ts-expect-error: an error has Kafka's name
  cluster.failNext("Produce", "NO_SUCH_ERROR");
  const isServed = (state: ClusterState): boolean => slow.isActive && state.partition("orders", 0)?.isServed === true;
  await cluster.waitFor(isServed);
  for (const { event } of cluster.trace) if (event.kind === "started") return event.incarnation.length;
  return cluster.state.partition("orders", 0)?.leader;
}

export const isTimeout = (error: unknown): boolean => error instanceof ClusterError && error.code === "TIMED_OUT";

export const outputsOf = (node: RaftNode): readonly RaftOutput[] => node.drain();
export const anyDirectory: string = ANY_DIRECTORY;
