import type { MetadataImage, PartitionImage } from "@samsa/metadata";
import type { NodeStatus } from "./embedded-node.ts";

/** One node: what its process is, and what the cluster thinks of it. */
export interface NodeState {
  readonly id: number;
  readonly status: NodeStatus;
  readonly isBroker: boolean;
  readonly isController: boolean;
  /** A broker that the controller counts on: registered in its present life, and not fenced. */
  readonly isUnfenced: boolean;
  /** Why it failed, where it has ended by itself. */
  readonly failure?: string;
}

/** One partition, as the newest committed metadata have it. */
export interface PartitionState {
  readonly topic: string;
  readonly partition: number;
  /** undefined: nobody leads it, and it can be neither written to nor read. */
  readonly leader: number | undefined;
  /** The leader has begun to lead in this epoch: it answers. For a moment after an election it does not know yet that it leads. */
  readonly isServed: boolean;
  /** One more with each election; never less. */
  readonly leaderEpoch: number;
  /** In-sync replicas: acks=all waits for all of them. */
  readonly isr: readonly number[];
  /** Replicas that left the ISR while it was below `min.insync.replicas`, and hold all that was acknowledged (KIP-966). */
  readonly elr: readonly number[];
  /** All that hold it; the first is the preferred leader. */
  readonly replicas: readonly number[];
}

/** A cluster at one moment. Immutable: it may be kept and compared. */
export interface ClusterState {
  readonly nodes: readonly NodeState[];
  /** The node that decides for the cluster now; undefined between the death of one and the election of the next. */
  readonly controller: number | undefined;
  /** One more with each active controller. */
  readonly controllerEpoch: number;
  /** Names of all topics, sorted. */
  readonly topics: readonly string[];
  /** Partitions of all topics, by topic and then number. */
  readonly partitions: readonly PartitionState[];
  node(id: number): NodeState | undefined;
  partition(topic: string, partition: number): PartitionState | undefined;
  /** All nodes run, brokers are unfenced, there is a controller, and each partition is served with all its replicas in the ISR. */
  readonly isHealthy: boolean;
  /** A few lines for the message of a test. */
  toString(): string;
}

export interface StateSource {
  readonly nodes: readonly NodeState[];
  readonly controller: number | undefined;
  readonly controllerEpoch: number;
  readonly image: MetadataImage;
  /** By partition (`orders-0`): who told last that it leads, in which leader epoch. */
  readonly serving: ReadonlyMap<string, Serving>;
}

export interface Serving {
  readonly node: number;
  readonly leaderEpoch: number;
}

/** The state as people see it. Sorts what the image has in an order of its own. */
export function clusterStateOf({ nodes, controller, controllerEpoch, image, serving }: StateSource): ClusterState {
  const byTopic = new Map(
    [...image.topics()].map(({ name, partitions }) => [name, partitions.map((one) => partitionStateOf(name, one, serving.get(`${name}-${one.partition}`)))]),
  );
  const topics = [...byTopic.keys()].toSorted();
  const partitions = topics.flatMap((topic) => byTopic.get(topic) ?? []);
  const isHealthy =
    controller !== undefined &&
    nodes.every(({ status, isBroker, isUnfenced }) => status === "running" && (isUnfenced || !isBroker)) &&
    partitions.every(({ isServed, isr, replicas }) => isServed && isr.length === replicas.length);
  return {
    nodes,
    controller,
    controllerEpoch,
    topics,
    partitions,
    node: (id) => nodes.find((one) => one.id === id),
    partition: (topic, partition) => byTopic.get(topic)?.[partition],
    isHealthy,
    toString: () => [...nodes.map((node) => describeNode(node, controller)), ...partitions.map(describePartition)].join("\n"),
  };
}

function partitionStateOf(topic: string, { partition, leader, leaderEpoch, isr, elr, replicas }: PartitionImage, serving: Serving | undefined): PartitionState {
  const isServed = serving !== undefined && serving.node === leader && serving.leaderEpoch === leaderEpoch;
  return { topic, partition, leader: leader < 0 ? undefined : leader, isServed, leaderEpoch, isr, elr, replicas };
}

function describeNode({ id, status, isBroker, isUnfenced }: NodeState, controller: number | undefined): string {
  const asBroker = !isBroker ? "" : isUnfenced ? ", unfenced" : ", fenced";
  return `node ${id}: ${status}${asBroker}${id === controller ? ", the active controller" : ""}`;
}

function describePartition({ topic, partition, leader, leaderEpoch, isr, replicas }: PartitionState): string {
  return `${topic}-${partition}: ${leader === undefined ? "no leader" : `leader ${leader}`}, leader epoch ${leaderEpoch}, ISR ${isr.join(" ")} of ${replicas.join(" ")}`;
}
