import { type ErrorName, ErrorCode, type FetchRequest } from "@samsa/protocol";
import type { Fetched, FetchOutcome, Replica } from "@samsa/replication";
import { brokerEpoch, leaderEpoch, micros, NO_EPOCH, type NodeId, type Now, offset } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import type { FetchSession } from "../fetch-session/fetch-session.ts";
import type { AskedPartition, SessionPartition } from "../fetch-session/session-partition.ts";
import { LeaderHints } from "../leader-hint.ts";
import type { ParkedFetch } from "../purgatory/fetch-purgatory.ts";
import type { RequestContext } from "../request-context.ts";
import { emptyPartition, type FetchAnswer, type Filled, groupByTopic, NO_RECORDS, type PartitionAnswer } from "./fetch-answer.ts";
import { preferredReadReplica, RACK_AWARE_SELECTOR } from "./preferred-read-replica.ts";
import { findTopic, type FoundTopic } from "./topic-reference.ts";

const FIRST_VERSION_WITH_RACK = 11;
const FIRST_VERSION_WITH_LEADER = 12;
const FIRST_VERSION_WITH_ENDPOINTS = 16;

/** The partitions of a fetch, and what becomes of them afterwards. */
export interface FetchScope {
  readonly session: FetchSession;
  /** `goes-on`: only what has changed is answered; else all partitions are. */
  readonly type: "begins" | "goes-on" | "once";
  /** Of the session after this fetch; another one has come in between if it is another. */
  readonly epoch: number;
}

interface Looked {
  readonly partition: SessionPartition;
  readonly asked: AskedPartition;
  readonly answer: PartitionAnswer;
  /** Once it is told, there is nothing more before something happens. */
  readonly isQuiet: boolean;
}

/** How long a fetch that would not wait waits for the places of old records: a few reads of the disk. */
const PLACE_WAIT_MS = 1000;

interface Gathered {
  readonly answers: Looked[];
  readonly hints: LeaderHints;
  sizeInBytes: number;
  /** The same, had batches been cut where their bound is, as Kafka's are: whole ones may never come to the minimum that was asked for. */
  filledBytes: number;
  /** An error or a divergence is worth an answer at once. */
  isUrgent: boolean;
  /** Places of records that are there are being read. */
  isPending: boolean;
}

interface Found {
  readonly topic: FoundTopic;
  readonly replica: Replica | undefined;
  readonly error: ErrorName;
}

/** One fetch until its answer. */
export class FetchOnItsWay {
  private readonly services: BrokerServices;
  private readonly context: RequestContext<FetchAnswer>;
  private readonly request: FetchRequest;
  private readonly scope: FetchScope;
  private isFirstLook = true;

  constructor(options: { services: BrokerServices; context: RequestContext<FetchAnswer>; request: FetchRequest; scope: FetchScope }) {
    this.services = options.services;
    this.context = options.context;
    this.request = options.request;
    this.scope = options.scope;
  }

  start(now: Now): void {
    const { session } = this.scope;
    const { fetchPurgatory } = this.services;
    this.overtake(session, now);
    const gathered = this.gather(now);
    this.isFirstLook = false;
    // Who would not wait for new records still waits for where the old ones are.
    const waitMs = gathered.isPending ? Math.max(this.request.maxWaitMs, PLACE_WAIT_MS) : this.request.maxWaitMs;
    if (this.answerIf(gathered, waitMs <= 0, now)) return;
    const parked: ParkedFetch = { tryAnswer: (isLast, at) => this.answerIf(this.gather(at), isLast, at), deadline: undefined };
    if (!fetchPurgatory.park(parked, micros(now.monotonicUs + waitMs * 1000), session.reader.type)) {
      this.answerIf(gathered, true, now);
      return;
    }
    session.parked = parked;
    session.startWatching();
    this.context.onGone(() => {
      fetchPurgatory.remove(parked);
      this.leave();
    });
    // A follower that asks again, for other partitions, must not wait behind this one: answers leave in order.
    if (session.reader.type === "replica") this.context.onFollowed((at) => fetchPurgatory.answerNow(parked, at));
  }

  /** A fetch of the same session that is still parked was overtaken: its answer would be of another epoch. */
  private overtake({ parked }: FetchSession, now: Now): void {
    if (parked !== undefined) this.services.fetchPurgatory.answerNow(parked, now);
  }

  private answerIf(gathered: Gathered, isLast: boolean, now: Now): boolean {
    const isEnough = gathered.filledBytes >= Math.min(this.request.minBytes, this.maxBytes) || gathered.isUrgent;
    if (!isEnough && !isLast) return false;
    const { session, epoch } = this.scope;
    this.leave();
    if (session.epoch === epoch) this.answer(gathered, now);
    else this.context.respond({ ...NOTHING, errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH });
    return true;
  }

  private answer(gathered: Gathered, now: Now): void {
    const { session, type } = this.scope;
    for (const { partition, answer, isQuiet } of gathered.answers) {
      partition.told(answer);
      if (isQuiet) session.settle(partition);
      if (answer.records !== NO_RECORDS) session.goesLast(partition);
    }
    if (type === "begins" && session.size > 0) this.services.fetchSessions.admit(session, now);
    const sessionId = type === "once" ? NOTHING.sessionId : session.id;
    this.context.respond({ ...NOTHING, sessionId, responses: groupByTopic(gathered.answers), nodeEndpoints: gathered.hints.endpoints() });
  }

  private leave(): void {
    const { session } = this.scope;
    session.parked = undefined;
    if (session.id === NOTHING.sessionId) session.stopWatching();
  }

  private get maxBytes(): number {
    return Math.min(this.request.maxBytes, this.services.config.fetchMaxBytes);
  }

  private gather(now: Now): Gathered {
    const { apiVersion, listener } = this.context;
    const { session, type } = this.scope;
    const gathered: Gathered = {
      answers: [],
      hints: new LeaderHints(this.services.image, {
        hasLeader: apiVersion >= FIRST_VERSION_WITH_LEADER,
        hasEndpoints: apiVersion >= FIRST_VERSION_WITH_ENDPOINTS,
        listener,
      }),
      sizeInBytes: 0,
      filledBytes: 0,
      isUrgent: session.size === 0,
      isPending: false,
    };
    for (const partition of type === "goes-on" ? session.toLookAt() : session.all()) this.lookAt(partition, gathered, now);
    return gathered;
  }

  private lookAt(partition: SessionPartition, gathered: Gathered, now: Now): void {
    const { asked } = partition;
    const { session, type } = this.scope;
    const found = this.find(partition);
    const bytesLeft = this.maxBytes - gathered.sizeInBytes;
    // The first batch of a response is given whole, however large, so that a reader always gets on (KIP-74).
    const isFull = gathered.sizeInBytes > 0 && bytesLeft <= 0;
    const maxBytes = isFull ? 0 : Math.min(asked.partitionMaxBytes, Math.max(bytesLeft, 0));
    const outcome = found.replica === undefined ? undefined : this.fetchFrom(found.replica, partition, maxBytes, now);
    if (outcome === undefined || outcome.type === "failed") {
      const answer = this.failed(found, asked, outcome?.error ?? found.error, gathered);
      return void gathered.answers.push({ partition, asked, answer, isQuiet: false });
    }
    const answer = emptyPartition(asked.partition, "NONE");
    answer.highWatermark = outcome.highWatermark;
    answer.logStartOffset = outcome.logStartOffset;
    if (outcome.type === "diverging") {
      gathered.isUrgent = true;
      answer.lastStableOffset = outcome.highWatermark;
      answer.divergingEpoch = { epoch: outcome.leaderEpoch, endOffset: outcome.endOffset };
      return void gathered.answers.push({ partition, asked, answer, isQuiet: false });
    }
    const preferred = this.preferredReplica(found.replica, asked);
    if (preferred !== undefined) {
      gathered.isUrgent = true;
      answer.lastStableOffset = outcome.lastStableOffset;
      answer.preferredReadReplica = preferred;
      return void gathered.answers.push({ partition, asked, answer, isQuiet: false });
    }
    if (this.mustHearOf(outcome.highWatermark, partition)) gathered.isUrgent = true;
    const { read } = outcome;
    const fits = read.sizeInBytes > 0 && !isFull && (gathered.sizeInBytes === 0 || read.sizeInBytes <= bytesLeft);
    const sizeInBytes = fits ? read.sizeInBytes : 0;
    const isCut = read.sizeInBytes > 0 && !read.isPending && (!fits || read.endOffset < this.visibleEnd(outcome));
    gathered.filledBytes += isCut ? Math.max(sizeInBytes, maxBytes) : sizeInBytes;
    gathered.sizeInBytes += sizeInBytes;
    if (read.isPending) gathered.isPending = true;
    answer.lastStableOffset = outcome.lastStableOffset;
    // An empty list says that the reader may see all of them; without one it is not asked to leave anything out.
    answer.abortedTransactions = outcome.abortedTransactions ?? null;
    answer.records = fits ? read.parts : NO_RECORDS;
    const isQuiet = read.sizeInBytes === 0 && !read.isPending && this.isInSync(found.replica);
    if (type !== "goes-on" || fits || partition.isNews(answer)) gathered.answers.push({ partition, asked, answer, isQuiet });
    else if (isQuiet) session.settle(partition);
  }

  /** Of a follower nothing is asked but one byte. */
  private visibleEnd({ highWatermark, lastStableOffset }: Fetched): number {
    const { reader } = this.scope.session;
    return reader.type === "consumer" && reader.isReadCommitted ? lastStableOffset : highWatermark;
  }

  /** A follower that may yet join the ISR is to be looked at with each of its fetches, for these are what it is judged by. */
  private isInSync(replica: Replica | undefined): boolean {
    const { reader } = this.scope.session;
    return reader.type === "consumer" || replica?.maximalIsr.includes(reader.replicaId) === true;
  }

  private preferredReplica(replica: Replica | undefined, { fetchOffset }: AskedPartition): NodeId | undefined {
    const { reader } = this.scope.session;
    const { config, image } = this.services;
    if (replica === undefined || reader.type !== "consumer" || config.replicaSelectorClass !== RACK_AWARE_SELECTOR) return undefined;
    return preferredReadReplica(image, replica, { rackId: reader.rackId, listener: this.context.listener, fetchOffset: offset(fetchOffset) });
  }

  /** A follower that consumers read from shows them what is committed as soon as the leader does. */
  private mustHearOf(highWatermark: number, { highWatermark: told, asked }: SessionPartition): boolean {
    return this.scope.session.wakesByHighWatermark && highWatermark > told && highWatermark > asked.highWatermark;
  }

  private find(partition: SessionPartition): Found {
    const { asked } = partition;
    const topic = findTopic(this.services, { name: asked.topic, topicId: asked.topicId }, this.scope.session.usesTopicIds);
    if (topic.topic === undefined) return { topic, replica: undefined, error: topic.error };
    if (topic.topic.partitions[asked.partition] === undefined) return { topic, replica: undefined, error: "UNKNOWN_TOPIC_OR_PARTITION" };
    const hosted = this.services.replicas.get(topic.topic.topicId, asked.partition);
    if (hosted === undefined) return { topic, replica: undefined, error: "NOT_LEADER_OR_FOLLOWER" };
    this.scope.session.found(partition, hosted.key);
    return { topic, replica: hosted.replica, error: "NONE" };
  }

  private failed({ topic }: Found, asked: AskedPartition, error: ErrorName, gathered: Gathered): Filled<PartitionAnswer> {
    gathered.isUrgent = true;
    const answer = emptyPartition(asked.partition, error);
    const hasHint = error === "NOT_LEADER_OR_FOLLOWER" || error === "FENCED_LEADER_EPOCH";
    if (hasHint && topic.topic !== undefined) answer.currentLeader = gathered.hints.leaderOf(topic.topic.topicId, asked.partition);
    return answer;
  }

  private fetchFrom(replica: Replica, partition: SessionPartition, maxBytes: number, now: Now): FetchOutcome {
    const { asked } = partition;
    const { reader } = this.scope.session;
    // Kafka takes any negative number for "not said" here, and only here.
    const currentLeaderEpoch = leaderEpoch(Math.max(NO_EPOCH, asked.currentLeaderEpoch));
    const fetchOffset = offset(asked.fetchOffset);
    const lastFetchedEpoch = leaderEpoch(asked.lastFetchedEpoch);
    if (reader.type === "consumer") {
      const mayReadFromFollower = this.context.apiVersion >= FIRST_VERSION_WITH_RACK;
      const { isReadCommitted } = reader;
      return replica.fetchAsConsumer({ currentLeaderEpoch, fetchOffset, lastFetchedEpoch, maxBytes, isReadCommitted, mayReadFromFollower }, now);
    }
    const { replicaId, replicaEpoch } = reader;
    const isLookedAtAgain = !this.isFirstLook;
    const logStartOffset = offset(Math.max(0, asked.logStartOffset));
    const saysWho = { replicaId, logStartOffset, replicaEpoch: brokerEpoch(replicaEpoch), isLookedAtAgain, times: partition };
    return replica.fetchAsReplica({ currentLeaderEpoch, fetchOffset, lastFetchedEpoch, maxBytes, ...saysWho }, now);
  }
}

const NOTHING: FetchAnswer = { throttleTimeMs: 0, errorCode: 0, sessionId: 0, responses: [], nodeEndpoints: [] };
