import type { GroupsState } from "@samsa/coordinators";
import { type DeposedCoordinator, NO_OFFSET, type TopicPartition } from "@samsa/history";
import type { TraceEvent } from "@samsa/world";

/** What a coordinator has as committed for a group, at one moment; −1: nothing. */
export type CommittedOffsets = (groupId: string, target: TopicPartition) => number;

/** The coordinator of a partition of `__consumer_offsets` on a node, to be asked what it has, also when it is over; undefined: nobody coordinates there. */
export type FindCoordinator = (node: number, partition: number) => (() => CommittedOffsets) | undefined;

/** A deposed coordinator, with the partition of `__consumer_offsets` whose groups it goes on to answer, and the node that it is on. */
export interface DeposedOffice {
  readonly partition: number;
  readonly node: number;
  readonly fromUs: number;
  readonly toUs: number;
  /** When it was deposed, and in the end: what all in sync had by then it may still commit. */
  readonly committed: readonly CommittedOffsets[];
}

interface Office {
  readonly node: number;
  readonly partition: number;
  readonly leaderEpoch: number;
  deposed: { readonly fromUs: number; readonly committed: CommittedOffsets | undefined } | undefined;
  readonly ask: (() => CommittedOffsets) | undefined;
}

/**
 * When coordinators of groups answered that had been deposed, and had not heard of it: one that is cut off from the controllers goes on for a while, as
 * in Kafka. It commits next to nothing, but it tells members that they are known, and offsets that were the last ones once.
 *
 * | office | on | to |
 * |---|---|---|
 * | held | a later epoch's coordinator is active | deposed |
 * | held | it steps down, its process dies | over |
 * | deposed | it steps down, its process dies | over, a span is written down |
 */
export class DeposedCoordinators {
  private readonly find: FindCoordinator;
  private readonly offices = new Set<Office>();
  private readonly closed: DeposedOffice[] = [];
  /** By partition, the last epoch whose coordinator was active. */
  private readonly lastEpochs = new Map<number, number>();

  constructor(find: FindCoordinator) {
    this.find = find;
  }

  /** `nowUs`: of the world. */
  add({ node, event }: TraceEvent, nowUs: number): void {
    if (event.kind !== "group-coordinator") return;
    const { partition, leaderEpoch, isActive } = event;
    if (!isActive) return this.end((one) => one.node === node && one.partition === partition && one.leaderEpoch === leaderEpoch, nowUs);
    this.offices.add({ node, partition, leaderEpoch, deposed: undefined, ask: this.find(node, partition) });
    // One that had to wait long for what is below its epoch's start may be deposed before it begins.
    const lastEpoch = Math.max(leaderEpoch, this.lastEpochs.get(partition) ?? leaderEpoch);
    this.lastEpochs.set(partition, lastEpoch);
    for (const office of this.offices)
      if (office.partition === partition && office.leaderEpoch < lastEpoch) office.deposed ??= { fromUs: nowUs, committed: office.ask?.() };
  }

  /** The node's process is about to die: from now on it answers nobody. */
  died(node: number, nowUs: number): void {
    this.end((office) => office.node === node, nowUs);
  }

  /** Who still has not heard. */
  get open(): readonly Pick<DeposedOffice, "node" | "partition">[] {
    return [...this.offices].filter(({ deposed }) => deposed !== undefined).map(({ node, partition }) => ({ node, partition }));
  }

  /** Until `nowUs` for those who still have not heard. */
  spans(nowUs: number): readonly DeposedOffice[] {
    return [...this.closed, ...[...this.offices].flatMap((office) => this.spanOf(office, nowUs) ?? [])];
  }

  private end(isOver: (office: Office) => boolean, nowUs: number): void {
    for (const office of this.offices) {
      if (!isOver(office)) continue;
      const span = this.spanOf(office, nowUs);
      if (span !== undefined) this.closed.push(span);
      this.offices.delete(office);
    }
  }

  private spanOf({ node, partition, deposed, ask }: Office, toUs: number): DeposedOffice | undefined {
    if (deposed === undefined) return undefined;
    const committed = [deposed.committed, ask?.()].filter((offsets) => offsets !== undefined);
    return { node, partition, fromUs: deposed.fromUs, toUs, committed };
  }
}

/** As a checker of one group is told of them. */
export const deposedOf = (offices: readonly DeposedOffice[], groupId: string, partition: number): readonly DeposedCoordinator[] =>
  offices
    .filter((office) => office.partition === partition)
    .map(({ fromUs, toUs, committed }) => ({ fromUs, toUs, tells: (target) => committed.map((offsets) => offsets(groupId, target)) }));

export const committedOffsetsOf =
  ({ offsets }: GroupsState): CommittedOffsets =>
  (groupId, { topic, partition }) => {
    for (const committed of offsets.get(groupId)?.values() ?? []) if (committed.topic === topic && committed.partition === partition) return committed.offset;
    return NO_OFFSET;
  };
