import type { PartitionProduceResponse, ProduceRequest, ProduceResponse, RecordsInput } from "@samsa/protocol";
import { newPartitionProduceData, newProduceRequest, newTopicProduceData } from "@samsa/protocol";
import type { Uuid } from "@samsa/stdx";
import { ZERO_UUID } from "@samsa/stdx";
import type { Batch } from "./batch.ts";
import { type BatchCompression, encodeRecords } from "./encode-records.ts";
import type { PartitionQueue } from "./partition-queue.ts";
import type { ProducerConfig } from "./producer-config.ts";

/** A batch on its way; a request has at most one of each partition. */
export interface SentBatch {
  readonly queue: PartitionQueue;
  readonly batch: Batch;
  /** Of the topic when the request was made: the response says no name from version 13 on. */
  readonly topicId: Uuid;
}

const ACKS = { all: -1, 1: 1, 0: 0 } as const;

/** Batches are encoded for each attempt: the bytes of the last one belong to the network. */
export function produceRequest(
  batches: readonly SentBatch[],
  options: { readonly acks: ProducerConfig["acks"]; readonly timeoutMs: number; readonly compression: BatchCompression },
): ProduceRequest<RecordsInput> {
  const byTopic = new Map<string, SentBatch[]>();
  for (const sent of batches) byTopic.set(sent.queue.topic, [...(byTopic.get(sent.queue.topic) ?? []), sent]);
  return newProduceRequest<RecordsInput>({
    acks: ACKS[options.acks],
    timeoutMs: options.timeoutMs,
    topicData: [...byTopic].map(([name, sent]) =>
      newTopicProduceData<RecordsInput>({
        name,
        topicId: sent[0]?.topicId ?? ZERO_UUID,
        partitionData: sent.map(({ queue, batch }) =>
          newPartitionProduceData<RecordsInput>({ index: queue.partition, records: encodeRecords(batch, options.compression) }),
        ),
      }),
    ),
  });
}

/** The result of each batch, in their order; undefined where the response says nothing of it. */
export function partitionResponses(batches: readonly SentBatch[], response: ProduceResponse): readonly (PartitionProduceResponse | undefined)[] {
  return batches.map(({ queue, topicId }) => {
    const topic = response.responses.find((candidate) => (candidate.name === "" ? candidate.topicId === topicId : candidate.name === queue.topic));
    return topic?.partitionResponses.find(({ index }) => index === queue.partition);
  });
}
