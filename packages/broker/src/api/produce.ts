import { type ErrorName, ErrorCode, type ProduceRequest, type ProduceResponse } from "@samsa/protocol";
import { BATCH_OVERHEAD, compressionOf, type CompressionPorts, DecompressionBudget, isTransactionalBatch } from "@samsa/protocol/records";
import { micros, type Now } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import { LeaderHints, NO_LEADER } from "../leader-hint.ts";
import type { AwaitedAppend } from "../purgatory/produce-purgatory.ts";
import type { ApiHandler, RequestContext } from "../request-context.ts";
import { isInternalTopic } from "../topic-name.ts";
import { findTopic } from "./topic-reference.ts";

type PartitionResponse = ProduceResponse["responses"][number]["partitionResponses"][number];
type Acks = -1 | 0 | 1;

/** Of Kafka's own tools. */
const ADMIN_CLIENT_ID = "__admin_client";
const FIRST_VERSION_WITH_TOPIC_IDS = 13;
const FIRST_VERSION_WITH_ZSTD = 7;
const FIRST_VERSION_WITH_HINTS = 10;

/**
 * Produce 3–13: each partition's batch goes to its leader's log; the answer leaves when the acknowledgements that were
 * asked for are there. acks=0 has no answer; if anything failed the connection is closed, as Kafka does, for that is
 * the only way to tell the client that its metadata is old.
 */
export function produceHandler(services: BrokerServices): ApiHandler<"Produce"> {
  return {
    api: "Produce",
    handle(request, context, now) {
      const { acks } = request;
      // There are no transactions: one that was begun here would never end, and hide all behind it from readers of committed records.
      if (request.transactionalId !== null || request.topicData.some(isTransactional))
        return refuseAll(request, context, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED");
      if (acks !== -1 && acks !== 0 && acks !== 1) return refuseAll(request, context, "INVALID_REQUIRED_ACKS");
      // Retried by every client, as nothing of it is in a log.
      if (services.producePurgatory.isFull) return refuseAll(request, context, "REQUEST_TIMED_OUT");
      new ProduceOnItsWay(services, context, request, acks).append(now);
    },
  };
}

function isTransactional({ partitionData }: ProduceRequest["topicData"][number]): boolean {
  return partitionData.some(({ records }) => records !== null && records.length >= BATCH_OVERHEAD && isTransactionalBatch(records));
}

function refuseAll(request: ProduceRequest, context: RequestContext<ProduceResponse>, error: ErrorName): void {
  if (request.acks === 0) return context.disconnect(`a produce with acks=0 failed: ${error}`);
  const responses = request.topicData.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index }) => failed(index, error, null)),
  }));
  context.respond({ responses, throttleTimeMs: 0, nodeEndpoints: [] });
}

function failed(index: number, error: ErrorName, errorMessage: string | null): PartitionResponse {
  return {
    index,
    errorCode: ErrorCode[error],
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage,
    currentLeader: NO_LEADER,
  };
}

const bytesOf = ({ topicData }: ProduceRequest): number =>
  topicData.reduce((sum, { partitionData }) => partitionData.reduce((inner, { records }) => inner + (records?.length ?? 0), sum), 0);

class ProduceOnItsWay {
  private readonly services: BrokerServices;
  private readonly context: RequestContext<ProduceResponse>;
  private readonly acks: Acks;
  private readonly waits: AwaitedAppend[] = [];
  private readonly hints: LeaderHints;
  private hasFailed = false;
  private readonly request: ProduceRequest;
  /** Of most requests there is none: their batches are not compressed. */
  private decompression: DecompressionBudget | undefined;

  constructor(services: BrokerServices, context: RequestContext<ProduceResponse>, request: ProduceRequest, acks: Acks) {
    this.services = services;
    this.context = context;
    this.acks = acks;
    this.request = request;
    this.hints = new LeaderHints(services.image, {
      hasLeader: context.apiVersion >= FIRST_VERSION_WITH_HINTS,
      hasEndpoints: context.apiVersion >= FIRST_VERSION_WITH_HINTS,
      listener: context.listener,
    });
  }

  append(now: Now): void {
    const { request } = this;
    const isById = this.context.apiVersion >= FIRST_VERSION_WITH_TOPIC_IDS;
    const responses: ProduceResponse["responses"] = request.topicData.map((topicData) => {
      const found = findTopic(this.services, topicData, isById);
      const partitionResponses = topicData.partitionData.map(({ index, records }) => {
        if (found.topic === undefined) return this.fail(failed(index, found.error, null));
        // What coordinators write there is theirs to read again; Kafka lets its admin client write, too.
        if (isInternalTopic(found.topic.name) && this.context.clientId !== ADMIN_CLIENT_ID) return this.fail(failed(index, "INVALID_TOPIC_EXCEPTION", null));
        const hosted = this.services.replicas.get(found.topic.topicId, index);
        if (hosted === undefined) return this.fail(this.notHere(found.topic, index));
        return this.appendTo(hosted.replica, index, records, now);
      });
      return { name: topicData.name, topicId: topicData.topicId, partitionResponses };
    });
    if (this.acks === 0) return this.hasFailed ? this.context.disconnect("a produce with acks=0 failed") : this.context.respondNothing();
    const finish = (): void => this.context.respond({ responses, throttleTimeMs: 0, nodeEndpoints: this.hints.endpoints() });
    // The time-out is for the followers; the leader's own write is waited for, as in Kafka.
    const deadlineUs = this.acks === -1 ? micros(now.monotonicUs + Math.max(0, request.timeoutMs) * 1000) : undefined;
    const { producePurgatory } = this.services;
    const parked = producePurgatory.park(this.waits, deadlineUs, finish, now);
    if (parked !== undefined) this.context.onGone(() => producePurgatory.remove(parked));
  }

  private notHere(topic: NonNullable<ReturnType<typeof findTopic>["topic"]>, index: number): PartitionResponse {
    if (topic.partitions[index] === undefined) return failed(index, "UNKNOWN_TOPIC_OR_PARTITION", null);
    return { ...failed(index, "NOT_LEADER_OR_FOLLOWER", null), currentLeader: this.hints.leaderOf(topic.topicId, index) };
  }

  private appendTo(replica: AwaitedAppend["replica"], index: number, records: Uint8Array | null, now: Now): PartitionResponse {
    if (records === null || records.length === 0) return this.fail(failed(index, "INVALID_RECORD", "Record batch is missing"));
    // Clients of the versions before could not read it back (KIP-110).
    if (this.context.apiVersion < FIRST_VERSION_WITH_ZSTD && records.length >= BATCH_OVERHEAD && compressionOf(records) === "zstd")
      return this.fail(failed(index, "UNSUPPORTED_COMPRESSION_TYPE", null));
    const outcome = replica.produce(records, this.acks, now, this.codecsFor(records));
    if (outcome.type === "failed") {
      const response = failed(index, outcome.error, outcome.message);
      return this.fail(outcome.error === "NOT_LEADER_OR_FOLLOWER" ? { ...response, currentLeader: this.hints.leaderOf(replica.topicId, index) } : response);
    }
    const { baseOffset, endOffset, leaderEpoch, logAppendTimeMs } = outcome;
    const response: PartitionResponse = { ...failed(index, "NONE", null), baseOffset, logAppendTimeMs, logStartOffset: replica.log.logStartOffset };
    if (this.acks === 0) return response;
    const settle = (result: "done" | ErrorName): void => {
      if (result !== "done")
        Object.assign(
          response,
          failed(index, result, null),
          result === "NOT_LEADER_OR_FOLLOWER" ? { currentLeader: this.hints.leaderOf(replica.topicId, index) } : {},
        );
    };
    this.waits.push({ replica, leaderEpoch, endOffset, acks: this.acks, settle });
    return response;
  }

  private codecsFor(records: Uint8Array): CompressionPorts | undefined {
    if (records.length < BATCH_OVERHEAD || compressionOf(records) === "none") return undefined;
    this.decompression ??= new DecompressionBudget(bytesOf(this.request));
    return this.decompression.ports;
  }

  private fail(response: PartitionResponse): PartitionResponse {
    this.hasFailed = true;
    return response;
  }
}
