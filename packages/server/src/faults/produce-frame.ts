import {
  apis,
  correlationIdOf,
  DecodeError,
  decodeRequestHeader,
  decodeResponseHeader,
  encodeResponseFrame,
  ErrorCode,
  isSupportedVersion,
  type ProduceResponse,
  Reader,
} from "@samsa/protocol";
import { batches, countOf, producerIdOf } from "@samsa/protocol/records";
import type { Uuid } from "@samsa/stdx";

/** One partition's records in a Produce request; `records` is a view of the request's bytes. */
export interface ProducedRecords {
  readonly topic: string;
  readonly partition: number;
  readonly records: Uint8Array;
  readonly count: number;
  readonly producerId: number;
}

export interface ProduceFrame {
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly acks: number;
  readonly produced: readonly ProducedRecords[];
}

const FIRST_VERSION_WITH_TOPIC_IDS = 13;

/** Undefined for anything that is not a Produce request which can be read. Topics by an id that nobody knows have their id as name. */
export function readProduceFrame(frame: Uint8Array, topicName: (id: Uuid) => string | undefined): ProduceFrame | undefined {
  try {
    const { apiKey, apiVersion, correlationId, bodyReader } = decodeRequestHeader(frame);
    if (apiKey !== apis.Produce.key || !isSupportedVersion(apis.Produce, apiVersion)) return undefined;
    const { acks, topicData } = apis.Produce.decodeRequest(bodyReader, apiVersion);
    const produced = topicData.flatMap(({ name, topicId, partitionData }) => {
      const topic = apiVersion >= FIRST_VERSION_WITH_TOPIC_IDS ? (topicName(topicId) ?? topicId) : name;
      return partitionData.flatMap(({ index, records }) => (records === null ? [] : [describe(topic, index, records)]));
    });
    return { apiVersion, correlationId, acks, produced };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function describe(topic: string, partition: number, records: Uint8Array): ProducedRecords {
  let count = 0;
  let producerId = -1;
  for (const position of batches(records)) {
    count += countOf(records, position);
    producerId = producerIdOf(records, position);
  }
  return { topic, partition, records, count, producerId };
}

/** Undefined if it answers something else. */
export function readProduceResponse(frame: Uint8Array, request: ProduceFrame): ProduceResponse | undefined {
  if (correlationIdOf(frame) !== request.correlationId) return undefined;
  const reader = new Reader(frame);
  decodeResponseHeader(reader, apis.Produce, request.apiVersion);
  return apis.Produce.decodeResponse(reader, request.apiVersion);
}

/** A whole response as it goes on the wire. */
export function writeProduceResponse(request: ProduceFrame, response: ProduceResponse): readonly Uint8Array[] {
  return encodeResponseFrame(apis.Produce, request, response) as readonly Uint8Array[];
}

/** The answer of a broker that did nothing: success, at these offsets. */
export function inventResponse(request: Uint8Array, baseOffsets: ReadonlyMap<string, number>, topicName: (id: Uuid) => string | undefined): ProduceResponse {
  const { apiVersion, bodyReader } = decodeRequestHeader(request);
  const { topicData } = apis.Produce.decodeRequest(bodyReader, apiVersion);
  const responses = topicData.map(({ name, topicId, partitionData }) => {
    const topic = apiVersion >= FIRST_VERSION_WITH_TOPIC_IDS ? (topicName(topicId) ?? topicId) : name;
    const partitionResponses = partitionData.map(({ index }) => ({
      index,
      errorCode: ErrorCode.NONE,
      baseOffset: baseOffsets.get(`${topic}-${index}`) ?? 0,
      logAppendTimeMs: -1,
      logStartOffset: 0,
      recordErrors: [],
      errorMessage: null,
      currentLeader: { leaderId: -1, leaderEpoch: -1 },
    }));
    return { name, topicId, partitionResponses };
  });
  return { responses, throttleTimeMs: 0, nodeEndpoints: [] };
}
