import {
  DEFAULT_EPOCH_END_OFFSET,
  DEFAULT_SNAPSHOT_ID,
  type ErrorName,
  ErrorCode,
  type FetchRequest,
  type FetchResponse,
  type RecordsInput,
} from "@samsa/protocol";
import type { FetchOutcome } from "@samsa/replication";
import { brokerEpoch, leaderEpoch, micros, nodeId, type NodeId, type Now, offset } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import { LeaderHints, NO_LEADER } from "../leader-hint.ts";
import type { ParkedFetch } from "../purgatory/fetch-purgatory.ts";
import type { ApiHandler, RequestContext } from "../request-context.ts";
import { findTopic, type FoundTopic } from "./topic-reference.ts";

type PartitionRequest = FetchRequest["topics"][number]["partitions"][number];
type Response = FetchResponse<RecordsInput>;
type TopicResponse = Response["responses"][number];
type PartitionResponse = TopicResponse["partitions"][number];
type Filled<T> = { -readonly [Field in keyof T]: T[Field] };

const READ_COMMITTED = 1;
/** Session epochs of a fetch that names all its partitions (KIP-227); any other goes on with a session, and there is none. */
const NEW_SESSION = 0;
const NO_SESSION = -1;
const FIRST_VERSION_WITH_TOPIC_IDS = 13;
const FIRST_VERSION_WITH_REPLICA_STATE = 15;
const FIRST_VERSION_WITH_LEADER = 12;
const FIRST_VERSION_WITH_ENDPOINTS = 16;

/** Who fetches: a client, or a broker that proved itself as that replica on this connection. */
type Fetcher =
  { readonly type: "consumer"; readonly isReadCommitted: boolean } | { readonly type: "replica"; readonly replicaId: NodeId; readonly replicaEpoch: number };

/**
 * Fetch 4–18, for consumers and followers. Sessions are not kept: every answer says session 0, and every request names
 * all its partitions. A fetch that finds less than `minBytes` waits in the purgatory.
 */
export function fetchHandler(services: BrokerServices): ApiHandler<"Fetch"> {
  return {
    api: "Fetch",
    handle(request, context, now) {
      const fetcher = fetcherOf(request, context);
      // A stranger that calls itself a replica could move a high watermark (CVE-2018-1288).
      if (fetcher === undefined) return context.respond(refuseAll(request));
      if (request.sessionEpoch !== NEW_SESSION && request.sessionEpoch !== NO_SESSION) return context.respond(topLevel("FETCH_SESSION_ID_NOT_FOUND"));
      new FetchOnItsWay(services, context, request, fetcher).start(now);
    },
  };
}

function fetcherOf(request: FetchRequest, context: RequestContext<Response>): Fetcher | undefined {
  const isStateful = context.apiVersion >= FIRST_VERSION_WITH_REPLICA_STATE;
  const replicaId = isStateful ? request.replicaState.replicaId : request.replicaId;
  if (replicaId < 0) return { type: "consumer", isReadCommitted: request.isolationLevel === READ_COMMITTED };
  if (context.peer !== replicaId) return undefined;
  return { type: "replica", replicaId: nodeId(replicaId), replicaEpoch: isStateful ? request.replicaState.replicaEpoch : -1 };
}

function topLevel(error: ErrorName): Response {
  return { throttleTimeMs: 0, errorCode: ErrorCode[error], sessionId: 0, responses: [], nodeEndpoints: [] };
}

/** As Kafka answers whoever lacks CLUSTER_ACTION: early versions have no error but those of partitions. */
function refuseAll(request: FetchRequest): Response {
  const responses = request.topics.map(({ topic, topicId, partitions }) => ({
    topic,
    topicId,
    partitions: partitions.map(({ partition }) => emptyPartition(partition, "TOPIC_AUTHORIZATION_FAILED")),
  }));
  return { throttleTimeMs: 0, errorCode: 0, sessionId: 0, responses, nodeEndpoints: [] };
}

const NO_RECORDS: readonly never[] = [];

/**
 * One literal that is filled in: a fetch is asked again at each append, and copies of answers were most of what a broker allocated.
 * What is absent is the codec's own default, which it knows without looking into it.
 */
function emptyPartition(partitionIndex: number, error: ErrorName): Filled<PartitionResponse> {
  return {
    partitionIndex,
    errorCode: ErrorCode[error],
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    divergingEpoch: DEFAULT_EPOCH_END_OFFSET,
    currentLeader: NO_LEADER,
    snapshotId: DEFAULT_SNAPSHOT_ID,
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: NO_RECORDS,
  };
}

interface Gathered {
  readonly responses: TopicResponse[];
  readonly hints: LeaderHints;
  /** Keys of the partitions that were read: all that were asked for, if none of them is an error. */
  readonly partitions: string[];
  sizeInBytes: number;
  /** An error or a divergence is worth an answer at once. */
  isUrgent: boolean;
}

class FetchOnItsWay {
  private readonly services: BrokerServices;
  private readonly context: RequestContext<Response>;
  private readonly request: FetchRequest;
  private readonly fetcher: Fetcher;

  constructor(services: BrokerServices, context: RequestContext<Response>, request: FetchRequest, fetcher: Fetcher) {
    this.services = services;
    this.context = context;
    this.request = request;
    this.fetcher = fetcher;
  }

  start(now: Now): void {
    const gathered = this.gather(now);
    if (this.answerIf(gathered, this.request.maxWaitMs <= 0)) return;
    const { fetchPurgatory } = this.services;
    const parked: ParkedFetch = {
      partitions: gathered.partitions,
      isConsumer: this.fetcher.type === "consumer",
      tryAnswer: (isLast, at) => this.tryAnswer(isLast, at),
      deadline: undefined,
    };
    fetchPurgatory.park(parked, micros(now.monotonicUs + this.request.maxWaitMs * 1000));
    this.context.onGone(() => fetchPurgatory.remove(parked));
    // A follower that asks again, for other partitions, must not wait behind this one: answers leave in order.
    if (this.fetcher.type === "replica") this.context.onFollowed((at) => fetchPurgatory.answerNow(parked, at));
  }

  private tryAnswer(isLast: boolean, now: Now): boolean {
    return this.answerIf(this.gather(now), isLast);
  }

  private answerIf(gathered: Gathered, isLast: boolean): boolean {
    const isEnough = gathered.sizeInBytes >= Math.min(this.request.minBytes, this.maxBytes) || gathered.isUrgent;
    if (!isEnough && !isLast) return false;
    this.context.respond({ throttleTimeMs: 0, errorCode: 0, sessionId: 0, responses: gathered.responses, nodeEndpoints: gathered.hints.endpoints() });
    return true;
  }

  private findTopic(topic: FetchRequest["topics"][number]): FoundTopic {
    return findTopic(this.services, { name: topic.topic, topicId: topic.topicId }, this.context.apiVersion >= FIRST_VERSION_WITH_TOPIC_IDS);
  }

  private get maxBytes(): number {
    return Math.min(this.request.maxBytes, this.services.config.fetchMaxBytes);
  }

  private gather(now: Now): Gathered {
    const { apiVersion, listener } = this.context;
    const gathered: Gathered = {
      responses: [],
      partitions: [],
      hints: new LeaderHints(this.services.image, {
        hasLeader: apiVersion >= FIRST_VERSION_WITH_LEADER,
        hasEndpoints: apiVersion >= FIRST_VERSION_WITH_ENDPOINTS,
        listener,
      }),
      sizeInBytes: 0,
      isUrgent: this.request.topics.length === 0,
    };
    for (const asked of this.request.topics) {
      const found = this.findTopic(asked);
      const partitions = asked.partitions.map((partition) => this.read(found, partition, gathered, now));
      gathered.responses.push({ topic: asked.topic, topicId: asked.topicId, partitions });
    }
    return gathered;
  }

  private read(found: FoundTopic, asked: PartitionRequest, gathered: Gathered, now: Now): PartitionResponse {
    if (found.topic === undefined) return this.failed(found, asked, found.error, gathered);
    if (found.topic.partitions[asked.partition] === undefined) return this.failed(found, asked, "UNKNOWN_TOPIC_OR_PARTITION", gathered);
    const hosted = this.services.replicas.get(found.topic.topicId, asked.partition);
    if (hosted === undefined) return this.failed(found, asked, "NOT_LEADER_OR_FOLLOWER", gathered);
    gathered.partitions.push(hosted.key);
    const bytesLeft = this.maxBytes - gathered.sizeInBytes;
    // The first batch of a response is given whole, however large, so that a reader always gets on (KIP-74).
    const isFull = gathered.sizeInBytes > 0 && bytesLeft <= 0;
    const outcome = this.fetchFrom(hosted.replica, asked, isFull ? 0 : Math.min(asked.partitionMaxBytes, Math.max(bytesLeft, 0)), now);
    if (outcome.type === "failed") return this.failed(found, asked, outcome.error, gathered);
    const response = emptyPartition(asked.partition, "NONE");
    response.highWatermark = outcome.highWatermark;
    response.logStartOffset = outcome.logStartOffset;
    if (outcome.type === "diverging") {
      gathered.isUrgent = true;
      response.lastStableOffset = outcome.highWatermark;
      response.divergingEpoch = { epoch: outcome.leaderEpoch, endOffset: outcome.endOffset };
      return response;
    }
    const { read } = outcome;
    const fits = !isFull && (gathered.sizeInBytes === 0 || read.sizeInBytes <= bytesLeft);
    if (fits) gathered.sizeInBytes += read.sizeInBytes;
    response.lastStableOffset = outcome.lastStableOffset;
    response.records = fits ? read.parts : NO_RECORDS;
    return response;
  }

  private failed(found: FoundTopic, asked: PartitionRequest, error: ErrorName, gathered: Gathered): PartitionResponse {
    gathered.isUrgent = true;
    const response = emptyPartition(asked.partition, error);
    const hasHint = error === "NOT_LEADER_OR_FOLLOWER" || error === "FENCED_LEADER_EPOCH";
    if (hasHint && found.topic !== undefined) response.currentLeader = gathered.hints.leaderOf(found.topic.topicId, asked.partition);
    return response;
  }

  private fetchFrom(
    replica: NonNullable<ReturnType<BrokerServices["replicas"]["get"]>>["replica"],
    asked: PartitionRequest,
    maxBytes: number,
    now: Now,
  ): FetchOutcome {
    const { fetcher } = this;
    const currentLeaderEpoch = leaderEpoch(asked.currentLeaderEpoch);
    const fetchOffset = offset(asked.fetchOffset);
    const lastFetchedEpoch = leaderEpoch(asked.lastFetchedEpoch);
    if (fetcher.type === "consumer")
      return replica.fetchAsConsumer({ currentLeaderEpoch, fetchOffset, lastFetchedEpoch, maxBytes, isReadCommitted: fetcher.isReadCommitted }, now);
    const { replicaId, replicaEpoch } = fetcher;
    return replica.fetchAsReplica({ currentLeaderEpoch, fetchOffset, lastFetchedEpoch, maxBytes, replicaId, replicaEpoch: brokerEpoch(replicaEpoch) }, now);
  }
}
