import type { FetchRequest } from "@samsa/protocol";
import type { FetchTimes } from "@samsa/replication";
import { type Micros, type Now, ZERO_UUID } from "@samsa/stdx";
import type { FetchPurgatory, ParkedFetch, PartitionWatcher, Wake } from "../purgatory/fetch-purgatory.ts";
import type { FetchReader } from "./fetch-reader.ts";
import { type AskedPartition, SessionPartition } from "./session-partition.ts";

/** Of a fetch that begins a session, or has none. */
export const NO_SESSION_ID = 0;
export const INITIAL_EPOCH = 0;
export const FINAL_EPOCH = -1;
const EPOCH_MAX = 0x7fff_ffff;

/** After the largest int32 comes 1: 0 and −1 mean something else. */
export const nextSessionEpoch = (epoch: number): number => (epoch === EPOCH_MAX ? 1 : epoch + 1);

export interface FetchSessionOptions {
  readonly reader: FetchReader;
  readonly usesTopicIds: boolean;
  /** A follower is told of a moved high watermark at once, for it serves consumers; else with the next records, or the next fetch. */
  readonly wakesByHighWatermark: boolean;
  readonly purgatory: FetchPurgatory;
  readonly now: Now;
}

/**
 * The partitions that somebody fetches, over many requests (KIP-227), or for a single one that parks. It keeps apart those in which
 * something may have happened since they were looked at, so that a fetch over ten thousand partitions costs what has changed in them:
 *
 *     to be looked at ──looked at: nothing to tell, nothing due──▶ settled
 *            ▲──appended, high watermark, log start, role, ISR, or the fetcher asks anew──┘
 *
 * Partitions with records, errors or a follower out of sync never settle: their next answer may differ though nothing happens here.
 */
export class FetchSession implements PartitionWatcher, FetchTimes {
  /** 0 while it is not kept. */
  id = NO_SESSION_ID;
  /** That the next fetch must have. */
  epoch = nextSessionEpoch(INITIAL_EPOCH);
  reader: FetchReader;
  readonly usesTopicIds: boolean;
  readonly wakesByHighWatermark: boolean;
  readonly createdUs: Micros;
  lastFetchUs: Micros;
  parked: ParkedFetch | undefined;
  private readonly purgatory: FetchPurgatory;
  private readonly partitions = new Map<string, SessionPartition>();
  private readonly unsettled = new Set<SessionPartition>();
  private readonly watched = new Map<string, SessionPartition>();
  private nextRank = 0;
  private isWatching = false;

  constructor(options: FetchSessionOptions) {
    this.reader = options.reader;
    this.usesTopicIds = options.usesTopicIds;
    this.wakesByHighWatermark = options.wakesByHighWatermark;
    this.purgatory = options.purgatory;
    this.createdUs = options.now.monotonicUs;
    this.lastFetchUs = options.now.monotonicUs;
  }

  get size(): number {
    return this.partitions.size;
  }

  get isPrivileged(): boolean {
    return this.reader.type === "replica";
  }

  /** Takes over what a fetch says of its partitions, the new and the known, and which it forgets. */
  update({ topics, forgottenTopicsData }: Pick<FetchRequest, "topics" | "forgottenTopicsData">): void {
    for (const { topic, topicId, partitions } of topics) for (const asked of partitions) this.ask({ ...asked, topic, topicId });
    for (const { topic, topicId, partitions } of forgottenTopicsData) for (const index of partitions) this.forget(this.keyOf({ topic, topicId }, index));
  }

  /** Another isolation level or rack may change every answer. */
  readAs(reader: FetchReader, now: Now): void {
    this.lastFetchUs = now.monotonicUs;
    const before = this.reader;
    this.reader = reader;
    if (reader.type !== "consumer" || before.type !== "consumer") return;
    if (reader.isReadCommitted !== before.isReadCommitted || reader.rackId !== before.rackId)
      for (const one of this.partitions.values()) this.unsettled.add(one);
  }

  all(): Iterable<SessionPartition> {
    return [...this.partitions.values()].sort(byRank);
  }

  /** Those in which something may have happened, in the session's order. */
  toLookAt(): readonly SessionPartition[] {
    return [...this.unsettled].sort(byRank);
  }

  /** Nothing is to be told of it, and will be before something happens to it. */
  settle(partition: SessionPartition): void {
    this.unsettled.delete(partition);
  }

  /** Whoever was served goes behind those who may not have been, for an answer has a bound. */
  goesLast(partition: SessionPartition): void {
    partition.rank = this.nextRank++;
  }

  /** It was found to be this partition of the broker's. */
  found(partition: SessionPartition, watchKey: string): void {
    if (partition.watchKey === watchKey) return;
    this.unwatch(partition);
    partition.watchKey = watchKey;
    this.watched.set(watchKey, partition);
    if (this.isWatching) this.purgatory.watch(watchKey, this);
  }

  /** From here on it is told what happens to its partitions. */
  startWatching(): void {
    if (this.isWatching) return;
    this.isWatching = true;
    for (const key of this.watched.keys()) this.purgatory.watch(key, this);
  }

  stopWatching(): void {
    if (!this.isWatching) return;
    this.isWatching = false;
    for (const key of this.watched.keys()) this.purgatory.unwatch(key, this);
  }

  changed(key: string, why: Wake): ParkedFetch | undefined {
    const partition = this.watched.get(key);
    if (partition === undefined) return undefined;
    const isConsumer = this.reader.type === "consumer";
    // Consumers are given nothing that is not committed.
    if (why === "append" && isConsumer) return undefined;
    this.unsettled.add(partition);
    const isWoken = why !== "log-start" && (why !== "high-watermark" || isConsumer || this.wakesByHighWatermark);
    return isWoken ? this.parked : undefined;
  }

  private ask(asked: AskedPartition): void {
    const key = this.keyOf(asked, asked.partition);
    const known = this.partitions.get(key);
    if (known !== undefined) {
      known.asked = asked;
      // 1. A follower is told that it parted, and with it where the log starts; 2. it cuts its log, which is another one now, and has forgotten that.
      if (this.reader.type === "replica") known.tellAgain();
      this.unsettled.add(known);
      return;
    }
    const partition = new SessionPartition({ key, asked, rank: this.nextRank++, session: this });
    this.partitions.set(key, partition);
    this.unsettled.add(partition);
  }

  private forget(key: string): void {
    const partition = this.partitions.get(key);
    if (partition === undefined) return;
    partition.left();
    this.partitions.delete(key);
    this.unsettled.delete(partition);
    this.unwatch(partition);
  }

  private unwatch(partition: SessionPartition): void {
    const { watchKey } = partition;
    if (watchKey === undefined) return;
    partition.watchKey = undefined;
    this.watched.delete(watchKey);
    if (this.isWatching) this.purgatory.unwatch(watchKey, this);
  }

  private keyOf({ topic, topicId }: Pick<AskedPartition, "topic" | "topicId">, partition: number): string {
    return `${topicId === ZERO_UUID ? topic : topicId}:${partition}`;
  }
}

const byRank = (one: SessionPartition, other: SessionPartition): number => one.rank - other.rank;
