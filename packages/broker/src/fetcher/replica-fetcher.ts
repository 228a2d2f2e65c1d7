import { errorName, type FetchRequest, type FetchResponse } from "@samsa/protocol";
import { type BrokerEpoch, type DeadlineHandle, DeadlineHeap, leaderEpoch, type Micros, micros, type NodeId, type Now, offset } from "@samsa/stdx";
import { type HostedReplica, partitionKey } from "../replicas/hosted-replica.ts";
import { forgottenTopicsOf, positionOf, topicsOf } from "./fetch-request.ts";
import { FollowerSession, SESSIONLESS, type Told } from "./follower-session.ts";
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

/** Of more partitions, some go out in one request and the others in the next ones. */
const MAX_PARTITIONS_PER_FETCH = 10_000;

type Answers = readonly (readonly [told: Told, answer: FetchResponse["responses"][number]["partitions"][number]])[];

/**
 * Copies from one leader all partitions that this broker follows there, in one request at a time, of a fetch session: each says only what
 * has changed since the one before.
 *
 * A new fetch goes out when nothing is in flight and no follower's write is under way: what a write holds back would
 * otherwise wait behind the parked fetch. A partition that joins while a fetch is parked sends a second, unparked
 * fetch for itself alone, outside of the session; the leader answers the parked one as soon as another stands behind it, and then all
 * go together.
 */
export class ReplicaFetcher {
  private readonly options: ReplicaFetcherOptions;
  private readonly partitions = new Map<string, HostedReplica>();
  private readonly session = new FollowerSession();
  /** What the leader was told of these may not be so any more. */
  private readonly moved = new Set<string>();
  private readonly writing = new Set<HostedReplica>();
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

  /** Does nothing for one that is fetched in its epoch already: its ISR alone may have changed. */
  add(hosted: HostedReplica): void {
    const { key, replica } = hosted;
    const told = this.session.told.get(key);
    const isKnown = this.partitions.get(key) === hosted && told?.hosted === hosted && told.forLeaderEpoch === replica.leaderEpoch;
    if (isKnown && !this.resting.has(key)) return;
    this.partitions.set(key, hosted);
    this.joined.add(key);
    this.moved.add(key);
    // It may have led, or followed somebody else, a moment ago: what it wrote then holds its position back, too.
    this.writing.add(hosted);
    this.rouse(key);
  }

  remove(key: string): void {
    const hosted = this.partitions.get(key);
    if (hosted !== undefined) this.writing.delete(hosted);
    this.partitions.delete(key);
    this.joined.delete(key);
    this.moved.add(key);
    this.rouse(key);
  }

  /** Told with the next fetch. */
  positionMoved(key: string): void {
    this.moved.add(key);
  }

  connectionLost(): void {
    this.inFlight = 0;
    this.session.lost();
  }

  deadline(now: Now): void {
    for (let key = this.wakeUps.popDue(now.monotonicUs); key !== undefined; key = this.wakeUps.popDue(now.monotonicUs)) {
      this.resting.delete(key);
      if (!this.partitions.has(key)) continue;
      this.moved.add(key);
      // It need not wait for a fetch without it that is parked at the leader.
      this.joined.add(key);
    }
  }

  endTurn(now: Now): void {
    if (!this.options.connection.isReady) return;
    if (this.inFlight === 0) this.fetchAll(now);
    else if (this.inFlight === 1 && this.joined.size > 0) this.fetchJoined(now);
  }

  private fetchAll(now: Now): void {
    if (this.isWriting()) return;
    if (this.joined.size > 0) this.joined.clear();
    if (this.session.isIncremental) this.fetchChanges(now);
    else this.fetchEverything(now);
  }

  private isWriting(): boolean {
    for (const hosted of this.writing) {
      if (isUnwritten(hosted)) {
        // One whose disk is full holds up no other; it is fetched for again when all of it is written.
        if (hosted.log.isFull) continue;
        return true;
      }
      this.writing.delete(hosted);
      this.moved.add(hosted.key);
    }
    return false;
  }

  private fetchEverything(now: Now): void {
    const { told } = this.session;
    told.clear();
    this.moved.clear();
    for (const [key, hosted] of this.partitions) {
      const position = this.resting.has(key) ? undefined : positionOf(hosted);
      if (position === undefined) {
        if (isUnwritten(hosted)) this.writing.add(hosted);
        continue;
      }
      if (told.size < MAX_PARTITIONS_PER_FETCH) told.set(key, position);
      else this.moved.add(key);
    }
    if (told.size === 0) return;
    // Should the leader keep no session, the others are to have their turn.
    if (this.moved.size > 0) for (const { hosted } of told.values()) this.goesBehind(hosted);
    this.send({ changes: told.values(), forgotten: [] }, now);
  }

  private fetchChanges(now: Now): void {
    const { session } = this;
    const changes: Told[] = [];
    const forgotten: Told[] = [];
    for (const key of this.moved) {
      if (changes.length === MAX_PARTITIONS_PER_FETCH) break;
      this.moved.delete(key);
      const hosted = this.resting.has(key) ? undefined : this.partitions.get(key);
      const position = hosted === undefined ? undefined : positionOf(hosted);
      const known = session.told.get(key);
      if (position === undefined && hosted !== undefined && isUnwritten(hosted)) this.writing.add(hosted);
      if (position !== undefined && session.isNews(key, position)) changes.push(position);
      if (position !== undefined) session.told.set(key, position);
      else if (known !== undefined && session.told.delete(key)) forgotten.push(known);
    }
    if (session.told.size > 0 || forgotten.length > 0) this.send({ changes, forgotten }, now);
  }

  /** More changes than one request says: the next one follows at once. */
  private send({ changes, forgotten }: { readonly changes: Iterable<Told>; readonly forgotten: readonly Told[] }, now: Now): void {
    const wasFull = !this.session.isIncremental;
    const request = {
      ...this.session.ofNextFetch,
      maxWaitMs: this.moved.size > 0 ? 0 : this.options.maxWaitMs,
      topics: topicsOf(changes, this.options.partitionMaxBytes),
      forgottenTopicsData: forgottenTopicsOf(forgotten),
    };
    this.ask(request, (response, at) => this.answered(response, wasFull, at), now);
  }

  private fetchJoined(now: Now): void {
    const ready = new Map<string, Told>();
    for (const key of this.joined) {
      const hosted = this.partitions.get(key);
      const position = hosted === undefined || this.resting.has(key) ? undefined : positionOf(hosted);
      // While a write holds its position back it stays among those that have joined.
      if (position === undefined || ready.size === MAX_PARTITIONS_PER_FETCH) continue;
      this.joined.delete(key);
      ready.set(key, position);
    }
    if (ready.size === 0) return;
    const request = { ...SESSIONLESS, maxWaitMs: 0, topics: topicsOf(ready.values(), this.options.partitionMaxBytes), forgottenTopicsData: [] };
    this.ask(request, (response, at) => this.joinedAnswered(ready, response, at), now);
  }

  private ask(
    what: Pick<FetchRequest, "maxWaitMs" | "sessionId" | "sessionEpoch" | "topics" | "forgottenTopicsData">,
    answered: (response: FetchResponse, now: Now) => void,
    now: Now,
  ): void {
    this.inFlight++;
    const { self, brokerEpoch, responseMaxBytes, connection } = this.options;
    const replicaState = { replicaId: self, replicaEpoch: brokerEpoch() };
    const request = { clusterId: null, replicaId: -1, replicaState, minBytes: 1, maxBytes: responseMaxBytes, isolationLevel: 0, rackId: "", ...what };
    connection.send("Fetch", request, answered, now);
  }

  private answered(response: FetchResponse, wasFull: boolean, now: Now): void {
    this.inFlight--;
    const { session } = this;
    if (response.errorCode !== 0) {
      if (!session.failed(errorName(response.errorCode))) for (const { hosted } of session.told.values()) this.restIfThere(hosted, now);
      return;
    }
    session.answered(response.sessionId);
    const answers = answersTo(session.told, response);
    for (const [told, answer] of answers) {
      if (answer.records !== null && answer.records.length > 0) this.goesBehind(told.hosted);
      this.apply(told, answer, now);
    }
    if (wasFull) this.restUnanswered(session.told, answers, now);
  }

  private joinedAnswered(asked: ReadonlyMap<string, Told>, response: FetchResponse, now: Now): void {
    this.inFlight--;
    const answers = answersTo(asked, response);
    if (response.errorCode === 0) for (const [told, answer] of answers) this.apply(told, answer, now);
    this.restUnanswered(asked, response.errorCode === 0 ? answers : [], now);
  }

  /** A full answer names every partition. */
  private restUnanswered(asked: ReadonlyMap<string, Told>, answers: Answers, now: Now): void {
    if (answers.length === asked.size) return;
    const answered = new Set(answers.map(([told]) => told));
    for (const told of asked.values()) if (!answered.has(told)) this.restIfThere(told.hosted, now);
  }

  private apply(told: Told, answer: Answers[number][1], now: Now): void {
    const { hosted, forLeaderEpoch, forFetchOffset } = told;
    // It may follow another leader by now, or lead itself; the replica checks epoch and position as well.
    if (this.partitions.get(hosted.key) !== hosted) return;
    const { epoch, endOffset } = answer.divergingEpoch;
    const result = hosted.replica.applyFetched(
      {
        forLeaderEpoch,
        forFetchOffset,
        error: errorName(answer.errorCode),
        diverging: epoch < 0 && endOffset < 0 ? undefined : { epoch: leaderEpoch(epoch), endOffset: offset(endOffset) },
        records: answer.records,
        highWatermark: offset(answer.highWatermark),
        logStartOffset: offset(answer.logStartOffset),
      },
      now,
    );
    this.moved.add(hosted.key);
    if (result === "retry") this.rest(hosted.key, now);
    // Of an answer without records the log has nothing to write.
    if (result !== "progress") return;
    hosted.touch();
    this.writing.add(hosted);
  }

  /** A full fetch is filled in the order of its request: whoever was served goes behind those who may not have been. */
  private goesBehind(hosted: HostedReplica): void {
    if (this.partitions.get(hosted.key) !== hosted) return;
    this.partitions.delete(hosted.key);
    this.partitions.set(hosted.key, hosted);
  }

  private restIfThere(hosted: HostedReplica, now: Now): void {
    if (this.partitions.get(hosted.key) === hosted) this.rest(hosted.key, now);
  }

  /** Until then it is out of the session: the leader would answer its error at once, again and again. */
  private rest(key: string, now: Now): void {
    this.rouse(key);
    this.moved.add(key);
    this.resting.set(key, this.wakeUps.add(micros(now.monotonicUs + this.options.backoffMs * 1000), key));
  }

  private rouse(key: string): void {
    const handle = this.resting.get(key);
    if (handle !== undefined) this.wakeUps.cancel(handle);
    this.resting.delete(key);
  }
}

/** Each partition that was asked for once; what else a leader may say is nothing. */
function answersTo(asked: ReadonlyMap<string, Told>, response: FetchResponse): Answers {
  const answers = new Map<Told, Answers[number][1]>();
  for (const { topicId, partitions } of response.responses) {
    for (const partition of partitions) {
      const told = asked.get(partitionKey(topicId, partition.partitionIndex));
      if (told !== undefined && !answers.has(told)) answers.set(told, partition);
    }
  }
  return [...answers];
}

/** Its position is known when its write has returned, or its log has begun anew. */
const isUnwritten = ({ log }: HostedReplica): boolean => (log.appendedEnd > log.writtenEnd || log.isBeginningAnew) && !log.isOffline;
