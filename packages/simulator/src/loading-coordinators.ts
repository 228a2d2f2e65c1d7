import type { TimeSpan } from "@samsa/history";
import type { TraceEvent } from "@samsa/world";
import { OFFSETS_TOPIC } from "./swarm/group-draws.ts";

interface Loading {
  readonly node: number;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly fromUs: number;
  toUs: number;
}

/**
 * When coordinators of groups were being loaded. As in Kafka they answer every heartbeat with "all is well" meanwhile, for they don't know their members
 * yet: 1. a coordinator takes a silent member out, and dies; 2. the member wakes and asks the next one, which is loading; 3. it is heard of, and has been
 * out of the group all the time.
 *
 * A member may ask from the election on: then it can be told who is to coordinate.
 */
export class LoadingCoordinators {
  private readonly loads: Loading[] = [];

  /** `nowUs`: of the world. */
  add({ node, event }: TraceEvent, nowUs: number): void {
    if (event.kind === "group-coordinator") {
      if (event.isActive) this.end(nowUs, ({ partition, leaderEpoch }) => partition === event.partition && leaderEpoch === event.leaderEpoch);
    } else if (event.kind === "leader-elected") {
      if (event.topic === OFFSETS_TOPIC && event.leader >= 0)
        this.begin({ node: event.leader, partition: event.partition, leaderEpoch: event.leaderEpoch }, nowUs);
    } else if (event.kind === "became-leader" || event.kind === "became-follower") {
      const { topic, partition, leaderEpoch } = event;
      if (topic === OFFSETS_TOPIC) this.end(nowUs, (one) => one.node === node && one.partition === partition && one.leaderEpoch < leaderEpoch);
    }
  }

  /** The node's process is about to die. */
  died(node: number, nowUs: number): void {
    this.end(nowUs, (one) => one.node === node);
  }

  /** Of one partition of `__consumer_offsets`. */
  spans(partition: number): readonly TimeSpan[] {
    return this.loads.filter((one) => one.partition === partition).map(({ fromUs, toUs }) => ({ fromUs, toUs }));
  }

  /** Every controller tells again what an earlier one has decided. */
  private begin(load: Pick<Loading, "node" | "partition" | "leaderEpoch">, fromUs: number): void {
    const isKnown = this.loads.some(({ partition, leaderEpoch }) => partition === load.partition && leaderEpoch === load.leaderEpoch);
    if (!isKnown) this.loads.push({ ...load, fromUs, toUs: Number.POSITIVE_INFINITY });
  }

  private end(nowUs: number, isOver: (load: Loading) => boolean): void {
    for (const load of this.loads) if (load.toUs === Number.POSITIVE_INFINITY && isOver(load)) load.toUs = nowUs;
  }
}
