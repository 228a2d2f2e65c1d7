import { errorName, type FetchResponse } from "@samsa/protocol";
import {
  type BrokerEpoch,
  type DeadlineHandle,
  DeadlineHeap,
  leaderEpoch,
  type Micros,
  micros,
  type NodeId,
  type Now,
  offset,
  type Offset,
  ZERO_UUID,
} from "@samsa/stdx";
import type { HostedReplica } from "../replicas/hosted-replicas.ts";
import type { LeaderConnection } from "./leader-connection.ts";

export interface ReplicaFetcherOptions {
  readonly self: NodeId;
  readonly brokerEpoch: () => BrokerEpoch;
  readonly connection: LeaderConnection;
  readonly maxWaitMs: number;
  readonly partitionMaxBytes: number;
  readonly responseMaxBytes: number;
  readonly backoffMs: number;
}

interface Fetched {
  readonly hosted: HostedReplica;
  readonly forLeaderEpoch: ReturnType<typeof leaderEpoch>;
  readonly forFetchOffset: Offset;
}

/** Of more partitions, some go out in one request and the others in the next ones. */
const MAX_PARTITIONS_PER_FETCH = 10_000;

/**
 * Copies from one leader all partitions that this broker follows there, in one request at a time.
 *
 * A new fetch goes out when nothing is in flight and no follower's write is under way: what a write holds back would
 * otherwise wait behind the parked fetch. A partition that joins while a fetch is parked sends a second, unparked
 * fetch for itself alone; the leader answers the parked one as soon as another stands behind it, and then all go together.
 */
export class ReplicaFetcher {
  private readonly options: ReplicaFetcherOptions;
  private readonly partitions = new Map<string, HostedReplica>();
  private readonly joined = new Set<string>();
  /** Partitions whose last answer was an error, and when they may be asked for again. */
  private readonly resting = new Map<string, DeadlineHandle>();
  private readonly wakeUps = new DeadlineHeap<string>();
  private inFlight = 0;

  constructor(options: ReplicaFetcherOptions) {
    this.options = options;
  }

  get isEmpty(): boolean {
    return this.partitions.size === 0;
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.wakeUps.nextAt();
  }

  add(hosted: HostedReplica): void {
    this.partitions.set(hosted.key, hosted);
    this.joined.add(hosted.key);
    this.rouse(hosted.key);
  }

  remove(key: string): void {
    this.partitions.delete(key);
    this.joined.delete(key);
    this.rouse(key);
  }

  connectionLost(): void {
    this.inFlight = 0;
  }

  deadline(now: Now): void {
    for (let key = this.wakeUps.popDue(now.monotonicUs); key !== undefined; key = this.wakeUps.popDue(now.monotonicUs)) {
      this.resting.delete(key);
      // It need not wait for a fetch without it that is parked at the leader.
      if (this.partitions.has(key)) this.joined.add(key);
    }
  }

  endTurn(now: Now): void {
    if (!this.options.connection.isReady) return;
    if (this.inFlight === 0) this.fetchAll(now);
    else if (this.inFlight === 1 && this.joined.size > 0) this.fetchJoined(now);
  }

  private fetchAll(now: Now): void {
    const ready: Fetched[] = [];
    for (const hosted of this.partitions.values()) {
      if (this.resting.has(hosted.key)) continue;
      if (hosted.log.appendedEnd > hosted.log.writtenEnd && !hosted.log.isOffline) return;
      const fetched = positionOf(hosted);
      if (fetched !== undefined && ready.length < MAX_PARTITIONS_PER_FETCH) ready.push(fetched);
    }
    if (this.joined.size > 0) this.joined.clear();
    if (ready.length === MAX_PARTITIONS_PER_FETCH) for (const { hosted } of ready) this.goesBehind(hosted);
    this.send(ready, this.options.maxWaitMs, now);
  }

  private fetchJoined(now: Now): void {
    const ready: Fetched[] = [];
    for (const key of this.joined) {
      const hosted = this.partitions.get(key);
      const fetched = hosted === undefined || this.resting.has(key) ? undefined : positionOf(hosted);
      // While a write holds its position back it stays among those that have joined.
      if (fetched === undefined) continue;
      this.joined.delete(key);
      ready.push(fetched);
    }
    this.send(ready, 0, now);
  }

  private send(fetched: readonly Fetched[], maxWaitMs: number, now: Now): void {
    if (fetched.length === 0) return;
    this.inFlight++;
    const { self, brokerEpoch, partitionMaxBytes, responseMaxBytes, connection } = this.options;
    const request = {
      clusterId: null,
      replicaId: -1,
      replicaState: { replicaId: self, replicaEpoch: brokerEpoch() },
      maxWaitMs,
      minBytes: 1,
      maxBytes: responseMaxBytes,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: groupByTopic(fetched, partitionMaxBytes),
      forgottenTopicsData: [],
      rackId: "",
    };
    connection.send("Fetch", request, (response, at) => this.answered(fetched, response, at), now);
  }

  private answered(fetched: readonly Fetched[], response: FetchResponse, now: Now): void {
    this.inFlight--;
    const unanswered = new Set(fetched);
    let next = 0;
    for (const topic of response.responses) {
      for (const partition of topic.partitions) {
        const one = findAsked(fetched, topic.topicId, partition.partitionIndex, next++);
        if (one === undefined || !unanswered.delete(one)) continue;
        if (partition.records !== null && partition.records.length > 0) this.goesBehind(one.hosted);
        this.apply(one, partition, errorName(response.errorCode === 0 ? partition.errorCode : response.errorCode), now);
      }
    }
    // A refusal of the whole fetch names no partition.
    for (const one of unanswered) this.rest(one.hosted.key, now);
  }

  private apply(
    { hosted, forLeaderEpoch, forFetchOffset }: Fetched,
    answer: FetchResponse["responses"][number]["partitions"][number],
    error: string,
    now: Now,
  ): void {
    // It may follow another leader by now, or lead itself; the replica checks epoch and position as well.
    if (this.partitions.get(hosted.key) !== hosted) return;
    const { epoch, endOffset } = answer.divergingEpoch;
    const result = hosted.replica.applyFetched(
      {
        forLeaderEpoch,
        forFetchOffset,
        error,
        diverging: epoch < 0 && endOffset < 0 ? undefined : { epoch: leaderEpoch(epoch), endOffset: offset(endOffset) },
        records: answer.records,
        highWatermark: offset(answer.highWatermark),
        logStartOffset: offset(answer.logStartOffset),
      },
      now,
    );
    hosted.touch();
    if (result === "retry") this.rest(hosted.key, now);
  }

  /** An answer has a bound and is filled in the order of the request: whoever was served goes behind those who may not have been. */
  private goesBehind(hosted: HostedReplica): void {
    if (this.partitions.get(hosted.key) !== hosted) return;
    this.partitions.delete(hosted.key);
    this.partitions.set(hosted.key, hosted);
  }

  private rest(key: string, now: Now): void {
    this.rouse(key);
    this.resting.set(key, this.wakeUps.add(micros(now.monotonicUs + this.options.backoffMs * 1000), key));
  }

  private rouse(key: string): void {
    const handle = this.resting.get(key);
    if (handle !== undefined) this.wakeUps.cancel(handle);
    this.resting.delete(key);
  }
}

/** Answers come in the order of the questions; a leader that keeps another order is understood too. */
function findAsked(fetched: readonly Fetched[], topicId: HostedReplica["topicId"], partition: number, likelyAt: number): Fetched | undefined {
  const isIt = ({ hosted }: Fetched): boolean => hosted.partition === partition && hosted.topicId === topicId;
  const likely = fetched[likelyAt];
  return likely !== undefined && isIt(likely) ? likely : fetched.find(isIt);
}

function positionOf(hosted: HostedReplica): Fetched | undefined {
  const position = hosted.replica.fetchPosition();
  return position === undefined ? undefined : { hosted, forLeaderEpoch: position.currentLeaderEpoch, forFetchOffset: position.fetchOffset };
}

/** Neighbours of one topic together; as in Kafka a topic may come twice, for the order says who is served first. */
function groupByTopic(fetched: readonly Fetched[], partitionMaxBytes: number) {
  const groups: { topic: string; topicId: HostedReplica["topicId"]; partitions: ReturnType<typeof partitionOf>[] }[] = [];
  for (const one of fetched) {
    const { topic, topicId } = one.hosted;
    const last = groups.at(-1);
    if (last?.topicId === topicId) last.partitions.push(partitionOf(one, partitionMaxBytes));
    else groups.push({ topic, topicId, partitions: [partitionOf(one, partitionMaxBytes)] });
  }
  return groups;
}

function partitionOf({ hosted, forLeaderEpoch, forFetchOffset }: Fetched, partitionMaxBytes: number) {
  const { log } = hosted;
  return {
    partition: hosted.partition,
    currentLeaderEpoch: forLeaderEpoch,
    fetchOffset: forFetchOffset,
    lastFetchedEpoch: log.epochBefore(forFetchOffset),
    logStartOffset: log.logStartOffset,
    partitionMaxBytes,
    replicaDirectoryId: ZERO_UUID,
    highWatermark: hosted.replica.highWatermark,
  };
}
