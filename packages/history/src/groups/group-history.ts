import { invariant } from "@samsa/stdx";
import type { TopicPartition } from "../history.ts";
import type { Outcome } from "../outcome.ts";

/** `info` of a commit, or an offset, that is not known. */
export const NO_OFFSET = -1;
const NO_GENERATION = -1;
/** Of a commit that has no outcome yet. */
const OPEN = { completedUs: Number.POSITIVE_INFINITY, outcome: "info", mayComeLater: true, generationId: NO_GENERATION } as const;

/** From when to when a member of a group held a partition, in microseconds of the history's clock. */
export interface Ownership {
  readonly process: number;
  readonly assignedUs: number;
  /** When it gave the partition up, was told to have lost it, or died. */
  endedUs: number;
  /**
   * Until when nobody else may have had it. Before `endedUs` where the member was silent for its session, or let the others wait for the whole
   * rebalance time-out: the coordinator goes on without it then, and it hears of that later.
   */
  exclusiveUntilUs: number;
  /** When the last request left that the coordinator is known to have had of the member; undefined while it holds the partition. */
  heardOfUs: number | undefined;
}

export type Release = Pick<Ownership, "exclusiveUntilUs"> & { readonly atUs: number; readonly heardOfUs: number };

/** A commit that a consumer has begun by itself (`enable.auto.commit`). */
export interface AutomaticCommit {
  /** Offset of the first record that the member had been given by then and had not processed; undefined: there was none. */
  readonly unprocessedFrom: number | undefined;
}

/** One commit of one partition's offset. */
export interface OffsetCommit {
  readonly process: number;
  readonly offset: number;
  readonly invokedUs: number;
  completedUs: number;
  outcome: Outcome;
  /** An attempt of it may still be carried out after it has ended. */
  mayComeLater: boolean;
  /** What the member's consumer has begun by itself; undefined: the program asked for it. */
  readonly automatic?: AutomaticCommit;
  /** In which it was acknowledged, or else the last one in which it may have been sent; −1: not known. */
  generationId: number;
}

export interface CommitEnd extends Pick<OffsetCommit, "outcome" | "mayComeLater"> {
  readonly atUs: number;
  readonly generationId?: number;
}

/** What the group was said to have committed. */
export interface OffsetFetch {
  readonly process: number;
  /** −1: nothing. */
  readonly offset: number;
  readonly askedUs: number;
  readonly answeredUs: number;
}

/** Where a member began to read a partition that it was given, or went on where it wanted to. */
export interface ReadingStart {
  readonly process: number;
  /** Which it had been told to be committed, or to which it had gone; −1: nothing, or to the beginning. */
  readonly fromOffset: number;
  /** It went there by itself (`seek`). */
  readonly isSought?: boolean;
  /** Of the first record that it was given. */
  readonly firstOffset: number;
  readonly atUs: number;
}

/** A member could do nothing more. */
export interface MemberFailure {
  readonly process: number;
  readonly error: string;
  readonly atUs: number;
}

/** A process under a `group.instance.id`. */
interface InstanceHolder {
  readonly process: number;
  readonly instanceId: string;
  readonly joinedUs: number;
  endedUs: number;
}

/** What the members of a group did with one partition. */
export interface GroupPartitionHistory extends TopicPartition {
  readonly ownerships: Ownership[];
  readonly commits: OffsetCommit[];
  readonly fetches: OffsetFetch[];
  readonly starts: ReadingStart[];
  /** Offsets of the records that any member has processed. */
  readonly processed: Set<number>;
}

/** What the members of one group did and saw, written while it happens; a process is one member, from its coming to its going. */
export class GroupHistory {
  readonly groupId: string;
  /** What the group was to do when all was calm, and had not done when its time was over. */
  unsettled: string | undefined;
  /** When members were told of generations, in that order; what follows itself is there once. */
  readonly generations: { readonly generationId: number; readonly atUs: number }[] = [];
  readonly failures: MemberFailure[] = [];
  /** In the order in which they came; only static members are. */
  private readonly holders: InstanceHolder[] = [];
  private readonly byPartition = new Map<string, GroupPartitionHistory>();

  constructor(groupId: string) {
    this.groupId = groupId;
  }

  /** In the order of their first use. */
  partitions(): IterableIterator<GroupPartitionHistory> {
    return this.byPartition.values();
  }

  partition({ topic, partition }: TopicPartition): GroupPartitionHistory {
    const key = `${topic}-${partition}`;
    const known = this.byPartition.get(key);
    if (known !== undefined) return known;
    const created: GroupPartitionHistory = { topic, partition, ownerships: [], commits: [], fetches: [], starts: [], processed: new Set() };
    this.byPartition.set(key, created);
    return created;
  }

  /** A static member comes under this `group.instance.id`. */
  joinedAs(process: number, instanceId: string, atUs: number): void {
    this.holders.push({ process, instanceId, joinedUs: atUs, endedUs: Number.POSITIVE_INFINITY });
  }

  /** The process is no more; what it has sent may still be on its way. */
  ended(process: number, atUs: number): void {
    for (const holder of this.holders) if (holder.process === process) holder.endedUs = atUs;
  }

  /** It has a `group.instance.id`. */
  isStatic(process: number): boolean {
    return this.holders.some((holder) => holder.process === process);
  }

  /** By `atUs` another process has come under this one's `group.instance.id` since it came itself, or one that was there before ended at `sinceUs` or later. */
  mayBeReplaced(process: number, { sinceUs, atUs }: { readonly sinceUs: number; readonly atUs: number }): boolean {
    const index = this.holders.findIndex((holder) => holder.process === process);
    const instanceId = this.holders[index]?.instanceId;
    return this.holders.some(
      (other, at) => at !== index && other.instanceId === instanceId && other.joinedUs <= atUs && (at > index || other.endedUs >= sinceUs),
    );
  }

  failed(failure: MemberFailure): void {
    this.failures.push(failure);
  }

  /** A member was told its assignment in this generation. */
  began(generationId: number, atUs: number): void {
    if (generationId !== this.generations.at(-1)?.generationId) this.generations.push({ generationId, atUs });
  }

  assigned(process: number, target: TopicPartition, atUs: number): void {
    const { ownerships } = this.partition(target);
    invariant(this.openOwnership(process, target) === undefined, "a member is given a partition that it does not hold", { process, ...target });
    ownerships.push({ process, assignedUs: atUs, endedUs: Number.POSITIVE_INFINITY, exclusiveUntilUs: Number.POSITIVE_INFINITY, heardOfUs: undefined });
  }

  /** `exclusiveUntilUs`: see `Ownership`; the end itself, unless it was told earlier that others may have it. */
  released(process: number, target: TopicPartition, { atUs, exclusiveUntilUs, heardOfUs }: Release): void {
    const ownership = this.openOwnership(process, target);
    invariant(ownership !== undefined, "a member gives up what it holds", { process, ...target });
    ownership.endedUs = atUs;
    ownership.exclusiveUntilUs = Math.min(atUs, exclusiveUntilUs);
    ownership.heardOfUs = heardOfUs;
  }

  invokeCommit(process: number, target: TopicPartition, offset: number, atUs: number): OffsetCommit {
    return this.addCommit(target, { ...OPEN, process, offset, invokedUs: atUs });
  }

  /** The member's consumer has begun it since the moment before. */
  beganCommit(target: TopicPartition, begun: Pick<OffsetCommit, "process" | "offset" | "invokedUs"> & { readonly automatic: AutomaticCommit }): OffsetCommit {
    return this.addCommit(target, { ...OPEN, ...begun });
  }

  endCommit(commit: OffsetCommit, { atUs, ...end }: CommitEnd): void {
    invariant(commit.completedUs === Number.POSITIVE_INFINITY, "a commit ends once", { offset: commit.offset });
    Object.assign(commit, { completedUs: atUs, ...end });
  }

  fetched(process: number, target: TopicPartition, fetch: Omit<OffsetFetch, "process">): void {
    this.partition(target).fetches.push({ process, ...fetch });
  }

  startedReading(target: TopicPartition, start: ReadingStart): void {
    this.partition(target).starts.push(start);
  }

  processed(target: TopicPartition, offsets: Iterable<number>): void {
    const { processed } = this.partition(target);
    for (const offset of offsets) processed.add(offset);
  }

  private addCommit(target: TopicPartition, commit: OffsetCommit): OffsetCommit {
    this.partition(target).commits.push(commit);
    return commit;
  }

  private openOwnership(process: number, target: TopicPartition): Ownership | undefined {
    return this.partition(target).ownerships.findLast((ownership) => ownership.process === process && ownership.endedUs === Number.POSITIVE_INFINITY);
  }
}
