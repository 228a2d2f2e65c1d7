import type {
  ApiName,
  ApiInputs,
  DecodedRequestHeader,
  DeleteRecordsRequest,
  FetchRequest,
  ListOffsetsRequest,
  MetadataRequest,
  OffsetForLeaderEpochRequest,
  ProduceRequest,
} from "@samsa/protocol";
import {
  apis,
  encodeResponseFrame,
  ErrorCode,
  newApiVersionsResponse,
  newCreatableTopicResult,
  newCreateTopicsResponse,
  newDeleteRecordsPartitionResult,
  newDeleteRecordsResponse,
  newDeleteRecordsTopicResult,
  newFetchableTopicResponse,
  newFetchPartitionData,
  newFetchResponse,
  newInitProducerIdResponse,
  newListOffsetsPartitionResponse,
  newListOffsetsResponse,
  newListOffsetsTopicResponse,
  newMetadataResponse,
  newMetadataResponseBroker,
  newMetadataResponsePartition,
  newMetadataResponseTopic,
  newOffsetForLeaderEpochResponse,
  newOffsetForLeaderPartitionResult,
  newPartitionProduceResponse,
  newProduceResponse,
  newTopicProduceResponse,
} from "@samsa/protocol";
import { concatBytes, uuidFromBytes, ZERO_UUID, type Uuid } from "@samsa/stdx";
import { FakeLog } from "./fake-log.ts";
import type { FakeCoordinator } from "./group/fake-coordinator.ts";

/** What a test wants to go wrong with one partition of a Produce or Fetch; the error is sent in place of (or after) the append. */
export type Refusal = { readonly error: number; readonly isAppended: boolean };

export interface FakeTopic {
  readonly id: Uuid;
  readonly partitions: {
    readonly log: FakeLog;
    leader: number;
    epoch: number;
    /** Consumers that name a rack are sent there; `end` is how far it has come. */
    reader?: { readonly broker: number; end: number } | undefined;
  }[];
}

/** Brokers that share one log per partition: a cluster in which nothing is ever lost, and leadership moves at will. */
export class FakeCluster {
  readonly brokers: number;
  readonly topics = new Map<string, FakeTopic>();
  /** Highest version offered, by API. */
  readonly maxVersions = new Map<ApiName, number>();
  /** Asked for each partition of a Produce. */
  refuse: (topic: string, partition: number) => Refusal | undefined = () => undefined;
  /** Errors that metadata tell in place of topics. */
  readonly topicErrors = new Map<string, number>();
  /** Answers to the next attempts to create a topic. */
  readonly creationErrors: number[] = [];
  /** Fetch gives at most so many batches. */
  maxFetchBatches = 3;
  /** Fetches that gave records, by broker. */
  readonly servedBy: number[] = [];
  /** How often a consumer has asked where an epoch ends. */
  epochQuestions = 0;
  /** And nobody answers. */
  silentEpochQuestions = false;
  /** Is told the partitions of each fetch. */
  asked: (partitions: readonly number[]) => void = () => undefined;
  /** Is told the topics of each request for metadata. */
  askedTopics: (names: readonly string[]) => void = () => undefined;
  /** Fetches of any result. */
  fetches = 0;
  /** Answers what is asked about groups; without it nobody does. */
  coordinator: FakeCoordinator | undefined;
  /** Brokers that no metadata name, as while they are fenced. */
  readonly fenced = new Set<number>();
  private nextProducerId = 1000;
  private topicsMade = 0;

  constructor(brokers: number) {
    this.brokers = brokers;
  }

  createTopic(name: string, partitions: number): FakeTopic {
    const number = ++this.topicsMade;
    const id = uuidFromBytes(Uint8Array.from({ length: 16 }, (_, index) => number + index));
    const topic = { id, partitions: Array.from({ length: partitions }, (_, index) => ({ log: new FakeLog(), leader: index % this.brokers, epoch: 0 })) };
    this.topics.set(name, topic);
    return topic;
  }

  moveLeader(topic: string, partition: number, leader: number): void {
    const state = this.topics.get(topic)?.partitions[partition];
    if (state === undefined || state.leader === leader) return;
    state.leader = leader;
    state.epoch++;
  }

  portOf(broker: number): number {
    return 9000 + broker;
  }

  /** The response frame; undefined where there is none (acks=0), and where the broker would close the connection. `later`: `respond` gets it. */
  handle(broker: number, decoded: DecodedRequestHeader, respond: (response: Uint8Array) => void): Uint8Array | "later" | undefined {
    const { api, apiVersion, correlationId, bodyReader } = decoded;
    if (api === undefined) return undefined;
    if (this.coordinator?.handle(broker, decoded, respond) === true) return "later";
    if (api.name === "ApiVersions" && apiVersion > this.maxVersionOf("ApiVersions")) {
      return this.frame("ApiVersions", { apiVersion: 0, correlationId }, newApiVersionsResponse({ errorCode: ErrorCode.UNSUPPORTED_VERSION }));
    }
    const header = { apiVersion, correlationId };
    switch (api.name) {
      case "ApiVersions":
        return this.frame(api.name, header, this.apiVersions());
      case "Metadata":
        return this.frame(api.name, header, this.metadata(api.decodeRequest(bodyReader, apiVersion)));
      case "InitProducerId":
        return this.frame(api.name, header, newInitProducerIdResponse({ producerId: this.nextProducerId++, producerEpoch: 0 }));
      case "Produce": {
        const request = api.decodeRequest(bodyReader, apiVersion);
        const response = this.produce(broker, request, apiVersion);
        return request.acks === 0 ? undefined : this.frame(api.name, header, response);
      }
      case "Fetch":
        return this.frame(api.name, header, this.fetch(broker, api.decodeRequest(bodyReader, apiVersion), apiVersion));
      case "ListOffsets":
        return this.frame(api.name, header, this.listOffsets(broker, api.decodeRequest(bodyReader, apiVersion)));
      case "OffsetForLeaderEpoch":
        if (this.silentEpochQuestions) this.epochQuestions++;
        return this.silentEpochQuestions ? "later" : this.frame(api.name, header, this.epochEnds(broker, api.decodeRequest(bodyReader, apiVersion)));
      case "CreateTopics": {
        const request = api.decodeRequest(bodyReader, apiVersion);
        const topics = request.topics.map(({ name, numPartitions }) => newCreatableTopicResult({ name, errorCode: this.create(name, numPartitions) }));
        return this.frame(api.name, header, newCreateTopicsResponse({ topics }));
      }
      case "DeleteRecords":
        return this.frame(api.name, header, this.deleteRecords(broker, api.decodeRequest(bodyReader, apiVersion)));
      default:
        return undefined;
    }
  }

  private deleteRecords(broker: number, { topics }: DeleteRecordsRequest): ApiInputs["DeleteRecords"]["response"] {
    const resultOf = (name: string, partitionIndex: number, offset: number) => {
      const known = this.topics.get(name)?.partitions[partitionIndex];
      if (known?.leader !== broker) return newDeleteRecordsPartitionResult({ partitionIndex, lowWatermark: -1, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER });
      known.log.startOffset = offset < 0 ? known.log.endOffset : offset;
      return newDeleteRecordsPartitionResult({ partitionIndex, lowWatermark: known.log.startOffset });
    };
    const results = topics.map(({ name, partitions }) =>
      newDeleteRecordsTopicResult({ name, partitions: partitions.map(({ partitionIndex, offset }) => resultOf(name, partitionIndex, offset)) }),
    );
    return newDeleteRecordsResponse({ topics: results });
  }

  private create(name: string, partitions: number): number {
    if (this.creationErrors.length > 0) return this.creationErrors.shift() ?? 0;
    if (this.topics.has(name)) return ErrorCode.TOPIC_ALREADY_EXISTS;
    this.createTopic(name, partitions);
    return 0;
  }

  private frame<N extends ApiName>(
    name: N,
    header: { readonly apiVersion: number; readonly correlationId: number },
    response: ApiInputs[N]["response"],
  ): Uint8Array {
    return concatBytes(encodeResponseFrame(apis[name], header, response) as Uint8Array[]);
  }

  private maxVersionOf(name: ApiName): number {
    return this.maxVersions.get(name) ?? apis[name].maxVersion;
  }

  private apiVersions(): ApiInputs["ApiVersions"]["response"] {
    const names = Object.keys(apis) as ApiName[];
    return newApiVersionsResponse({
      apiKeys: names.map((name) => ({ apiKey: apis[name].key, minVersion: apis[name].minVersion, maxVersion: this.maxVersionOf(name) })),
    });
  }

  private metadata(request: MetadataRequest): ApiInputs["Metadata"]["response"] {
    const names = (request.topics ?? []).map(({ name }) => name ?? "");
    this.askedTopics(names);
    return newMetadataResponse({
      controllerId: 0,
      brokers: Array.from({ length: this.brokers }, (_, nodeId) => newMetadataResponseBroker({ nodeId, host: "fake", port: this.portOf(nodeId) })).filter(
        ({ nodeId }) => !this.fenced.has(nodeId),
      ),
      topics: names.map((name) => {
        const topic = this.topics.get(name);
        const error = this.topicErrors.get(name);
        if (error !== undefined) return newMetadataResponseTopic({ name, errorCode: error });
        if (topic === undefined) return newMetadataResponseTopic({ name, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
        const partitions = topic.partitions.map(({ leader, epoch }, partitionIndex) =>
          newMetadataResponsePartition({ partitionIndex, leaderId: leader, leaderEpoch: epoch }),
        );
        return newMetadataResponseTopic({ name, topicId: topic.id, partitions });
      }),
    });
  }

  private produce(broker: number, request: ProduceRequest, version: number): ApiInputs["Produce"]["response"] {
    const responses = request.topicData.map((data) => {
      const name = version >= 13 ? this.nameOf(data.topicId) : data.name;
      const partitionResponses = data.partitionData.map(({ index, records }) => this.produceTo(broker, { name, index, records }, version));
      return newTopicProduceResponse({ name: version >= 13 ? "" : data.name, topicId: version >= 13 ? data.topicId : ZERO_UUID, partitionResponses });
    });
    return newProduceResponse({ responses });
  }

  private produceTo(
    broker: number,
    { name, index, records }: { readonly name: string; readonly index: number; readonly records: Uint8Array | null },
    version: number,
  ) {
    const state = this.topics.get(name)?.partitions[index];
    if (state === undefined) return newPartitionProduceResponse({ index, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, baseOffset: -1 });
    if (state.leader !== broker) {
      const hint = version >= 10 ? { currentLeader: { leaderId: state.leader, leaderEpoch: state.epoch } } : {};
      return newPartitionProduceResponse({ index, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, baseOffset: -1, ...hint });
    }
    const refusal = this.refuse(name, index);
    const result = refusal === undefined || refusal.isAppended ? state.log.append(records ?? new Uint8Array(0), state.epoch) : undefined;
    if (refusal !== undefined) return newPartitionProduceResponse({ index, errorCode: refusal.error, baseOffset: -1 });
    return newPartitionProduceResponse({ index, errorCode: result?.errorCode ?? 0, baseOffset: result?.baseOffset ?? -1 });
  }

  private fetch(broker: number, request: FetchRequest, version: number): ApiInputs["Fetch"]["response"] {
    this.fetches++;
    this.asked(request.topics.flatMap(({ partitions }) => partitions.map(({ partition }) => partition)));
    const responses = request.topics.map((asked) => {
      const name = version >= 13 ? this.nameOf(asked.topicId) : asked.topic;
      const partitions = asked.partitions.map(({ partition, fetchOffset, currentLeaderEpoch }) => {
        const state = this.topics.get(name)?.partitions[partition];
        const isReader = state?.reader?.broker === broker;
        const errorCode = this.fetchError(isReader ? { ...state, leader: broker } : state, broker, { fetchOffset, currentLeaderEpoch });
        if (isReader && errorCode === 0 && fetchOffset > (state.reader?.end ?? 0))
          return newFetchPartitionData<never>({ partitionIndex: partition, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, highWatermark: -1 });
        if (!isReader && errorCode === 0 && request.rackId !== "" && state?.reader !== undefined && fetchOffset <= state.reader.end)
          return newFetchPartitionData<never>({ partitionIndex: partition, highWatermark: state.log.endOffset, preferredReadReplica: state.reader.broker });
        if (errorCode !== 0 || state === undefined) return newFetchPartitionData<never>({ partitionIndex: partition, errorCode, highWatermark: -1 });
        const { log } = state;
        if (fetchOffset < log.endOffset) this.servedBy.push(broker);
        return newFetchPartitionData({
          partitionIndex: partition,
          highWatermark: log.endOffset,
          lastStableOffset: log.endOffset,
          records: log.read(fetchOffset, this.maxFetchBatches),
        });
      });
      return newFetchableTopicResponse({ topic: version >= 13 ? "" : asked.topic, topicId: version >= 13 ? asked.topicId : ZERO_UUID, partitions });
    });
    return newFetchResponse({ responses });
  }

  private fetchError(
    state: FakeTopic["partitions"][number] | undefined,
    broker: number,
    asked: { readonly fetchOffset: number; readonly currentLeaderEpoch: number },
  ): number {
    if (state === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (state.leader !== broker) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    if (asked.currentLeaderEpoch >= 0 && asked.currentLeaderEpoch < state.epoch) return ErrorCode.FENCED_LEADER_EPOCH;
    return asked.fetchOffset > state.log.endOffset || asked.fetchOffset < state.log.startOffset ? ErrorCode.OFFSET_OUT_OF_RANGE : 0;
  }

  private listOffsets(broker: number, request: ListOffsetsRequest): ApiInputs["ListOffsets"]["response"] {
    const topics = request.topics.map(({ name, partitions }) =>
      newListOffsetsTopicResponse({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => {
          const state = this.topics.get(name)?.partitions[partitionIndex];
          if (state?.leader !== broker) return newListOffsetsPartitionResponse({ partitionIndex, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER });
          if (timestamp >= 0) return newListOffsetsPartitionResponse({ partitionIndex, ...state.log.offsetFor(timestamp), leaderEpoch: state.epoch });
          return newListOffsetsPartitionResponse({
            partitionIndex,
            offset: timestamp === -2 ? state.log.startOffset : state.log.endOffset,
            leaderEpoch: state.epoch,
          });
        }),
      }),
    );
    return newListOffsetsResponse({ topics });
  }

  private epochEnds(broker: number, request: OffsetForLeaderEpochRequest): ApiInputs["OffsetForLeaderEpoch"]["response"] {
    this.epochQuestions++;
    const topics = request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, leaderEpoch, currentLeaderEpoch }) => {
        const state = this.topics.get(topic)?.partitions[partition];
        const errorCode = this.fetchError(state, broker, { fetchOffset: state?.log.startOffset ?? 0, currentLeaderEpoch });
        if (errorCode !== 0 || state === undefined) return newOffsetForLeaderPartitionResult({ partition, errorCode });
        return newOffsetForLeaderPartitionResult({ partition, ...state.log.epochEnd(leaderEpoch, state.epoch) });
      }),
    }));
    return newOffsetForLeaderEpochResponse({ topics });
  }

  private nameOf(id: Uuid): string {
    for (const [name, topic] of this.topics) if (topic.id === id) return name;
    return "";
  }
}
