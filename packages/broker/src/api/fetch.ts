import { type ErrorName, ErrorCode, type FetchRequest } from "@samsa/protocol";
import { nodeId, type Now } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import type { FetchReader } from "../fetch-session/fetch-reader.ts";
import { FetchSession, FINAL_EPOCH, INITIAL_EPOCH, NO_SESSION_ID } from "../fetch-session/fetch-session.ts";
import type { SessionError } from "../fetch-session/fetch-session-cache.ts";
import type { ApiHandler, RequestContext } from "../request-context.ts";
import { emptyPartition, type FetchAnswer } from "./fetch-answer.ts";
import { FetchOnItsWay, type FetchScope } from "./fetch-on-its-way.ts";
import { RACK_AWARE_SELECTOR } from "./preferred-read-replica.ts";

const READ_COMMITTED = 1;
const FIRST_VERSION_WITH_TOPIC_IDS = 13;
const FIRST_VERSION_WITH_REPLICA_STATE = 15;

/**
 * Fetch 4–18, for consumers and followers. A fetch that finds less than `minBytes` waits in the purgatory. By its session's id and epoch a
 * fetch is (KIP-227):
 *
 * | id | epoch | what it is |
 * |---|---|---|
 * | any | 0 | names all its partitions, and begins a session in place of that one |
 * | any | −1 | names all its partitions, ends that session and begins none |
 * | > 0 | > 0 | names what has changed, and goes on with the session |
 */
export function fetchHandler(services: BrokerServices): ApiHandler<"Fetch"> {
  return {
    api: "Fetch",
    handle(request, context, now) {
      const reader = readerOf(request, context);
      // A stranger that calls itself a replica could move a high watermark (CVE-2018-1288).
      if (reader === undefined) return context.respond(refuseAll(request));
      const scope = scopeOf(services, { request, reader, usesTopicIds: context.apiVersion >= FIRST_VERSION_WITH_TOPIC_IDS }, now);
      if (typeof scope === "string") return context.respond(topLevel(scope));
      new FetchOnItsWay({ services, context, request, scope }).start(now);
    },
  };
}

function readerOf(request: FetchRequest, context: RequestContext<FetchAnswer>): FetchReader | undefined {
  const isStateful = context.apiVersion >= FIRST_VERSION_WITH_REPLICA_STATE;
  const replicaId = isStateful ? request.replicaState.replicaId : request.replicaId;
  if (replicaId < 0) return { type: "consumer", isReadCommitted: request.isolationLevel === READ_COMMITTED, rackId: request.rackId };
  if (context.peer !== replicaId) return undefined;
  return { type: "replica", replicaId: nodeId(replicaId), replicaEpoch: isStateful ? request.replicaState.replicaEpoch : -1 };
}

interface Asking {
  readonly request: FetchRequest;
  readonly reader: FetchReader;
  readonly usesTopicIds: boolean;
}

function scopeOf(services: BrokerServices, asking: Asking, now: Now): FetchScope | SessionError {
  const { request, reader, usesTopicIds } = asking;
  const { fetchSessions } = services;
  const { sessionId, sessionEpoch } = request;
  if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
    if (sessionId !== NO_SESSION_ID) fetchSessions.close(sessionId, reader, now);
    const session = newSession(services, asking, now);
    session.update({ topics: request.topics, forgottenTopicsData: [] });
    return { session, type: sessionEpoch === INITIAL_EPOCH ? "begins" : "once", epoch: session.epoch };
  }
  const session = fetchSessions.resume(sessionId, { epoch: sessionEpoch, usesTopicIds, reader });
  if (typeof session === "string") return session;
  const sizeBefore = session.size;
  session.readAs(reader, now);
  session.update(request);
  if (!fetchSessions.resized(session, sizeBefore, now)) return "FETCH_SESSION_ID_NOT_FOUND";
  // One that has forgotten everything ends.
  if (session.size === 0) fetchSessions.remove(session, now);
  return { session, type: session.size === 0 ? "once" : "goes-on", epoch: session.epoch };
}

function newSession(services: BrokerServices, { reader, usesTopicIds }: Asking, now: Now): FetchSession {
  // As in Kafka only where a selector sends consumers to followers: each fetch more costs a round (KAFKA-9731).
  const wakesByHighWatermark = reader.type === "replica" && services.config.replicaSelectorClass === RACK_AWARE_SELECTOR;
  return new FetchSession({ reader, usesTopicIds, wakesByHighWatermark, purgatory: services.fetchPurgatory, now });
}

function topLevel(error: ErrorName): FetchAnswer {
  return { throttleTimeMs: 0, errorCode: ErrorCode[error], sessionId: 0, responses: [], nodeEndpoints: [] };
}

/** As Kafka answers whoever lacks CLUSTER_ACTION: early versions have no error but those of partitions. */
function refuseAll(request: FetchRequest): FetchAnswer {
  const responses = request.topics.map(({ topic, topicId, partitions }) => ({
    topic,
    topicId,
    partitions: partitions.map(({ partition }) => emptyPartition(partition, "TOPIC_AUTHORIZATION_FAILED")),
  }));
  return { throttleTimeMs: 0, errorCode: 0, sessionId: 0, responses, nodeEndpoints: [] };
}
