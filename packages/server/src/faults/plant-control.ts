import { ErrorCode, type ProduceResponse } from "@samsa/protocol";
import type { Uuid } from "@samsa/stdx";
import type { Fault } from "@samsa/world";
import { inventResponse, type ProduceFrame, type ProducedRecords, readProduceFrame } from "./produce-frame.ts";
import { stripProducer } from "./strip-producer.ts";

export type PlantFault = Extract<Fault, { type: "plant" }>;

/** What becomes of a request on its way to the broker. Frames are without their size. */
export interface Delivery {
  /** What the broker is given, in order. */
  readonly frames: readonly DeliveredFrame[];
  /** The client is told this in the place of what the broker would have said. */
  readonly invented: ProduceResponse | undefined;
  /** Set for a Produce request that can be read. */
  readonly produce: ProduceFrame | undefined;
}

export interface DeliveredFrame {
  readonly frame: Uint8Array;
  /** Whether the broker's answer reaches the client. */
  readonly isAnswerForClient: boolean;
  /** Added to the base offsets of the answer, by partition: where the client is to believe that its records lie. */
  readonly shifts: ReadonlyMap<string, number>;
}

export interface PlantControlOptions {
  readonly topicName: (id: Uuid) => string | undefined;
  /** A lie was told. */
  readonly fired: (detail: string) => void;
}

interface Armed {
  readonly fault: PlantFault;
  batchesLeft: number;
}

const NO_SHIFTS: ReadonlyMap<string, number> = new Map();
/** Producers whose sequence a partition has lost; beyond it the oldest is forgotten. */
const MAX_STRIPPED = 1_000;
const MAX_ARMED = 16;
/** Partitions whose next offset is remembered. */
const MAX_OFFSETS = 10_000;

/**
 * The lies of one broker's network layer. It sees every Produce request before the broker does and decides what the broker
 * and the client get to hear. Never is a history edited: the cluster really stores what the verdict then finds.
 *
 * 1. `drop-acked`: the request is answered and never delivered.
 * 2. `duplicate`: it is delivered, and again as the batch of nobody.
 * 3. `reorder`: it is answered and held; the next one for one of its partitions is delivered first, then it.
 *
 * After 1 and 3 the broker misses sequences, so that it would refuse the producer's next batches: they lose their producer as well.
 */
export class PlantControl {
  private readonly options: PlantControlOptions;
  private readonly armed: Armed[] = [];
  private readonly stripped = new Set<string>();
  private readonly nextOffsets = new Map<string, number>();
  private held: { readonly frame: Uint8Array; readonly produce: ProduceFrame } | undefined;

  constructor(options: PlantControlOptions) {
    this.options = options;
  }

  /** False: too many wait already. */
  arm(fault: PlantFault): boolean {
    if (this.armed.length >= MAX_ARMED) return false;
    this.armed.push({ fault, batchesLeft: fault.afterBatches });
    return true;
  }

  /** No new lie is told. What was lied about before stays as it is. */
  disarm(): void {
    this.armed.length = 0;
  }

  request(frame: Uint8Array): Delivery {
    const produce = readProduceFrame(frame, this.options.topicName);
    if (produce === undefined) return { frames: [asItIs(frame)], invented: undefined, produce };
    for (const produced of produce.produced) if (this.stripped.has(producerKey(produced))) stripProducer(produced.records);
    const { held } = this;
    if (held !== undefined && sharePartition(held.produce, produce)) return this.overtake(held, frame, produce);
    const plant = this.due(produce);
    return plant === undefined ? { frames: [asItIs(frame)], invented: undefined, produce } : this.lie(plant, frame, produce);
  }

  /** The broker's true answer: what comes next is known from it. */
  answered({ produced }: ProduceFrame, response: ProduceResponse): void {
    for (const { topic, partition, count } of produced) {
      const baseOffset = baseOffsetIn(response, partition, topic, this.options.topicName);
      const key = `${topic}-${partition}`;
      if (baseOffset === undefined) continue;
      if (!this.nextOffsets.has(key) && this.nextOffsets.size >= MAX_OFFSETS) continue;
      this.nextOffsets.set(key, Math.max(baseOffset + count, this.nextOffsets.get(key) ?? 0));
    }
  }

  /** The plant whose turn has come: all of the request is of its topic, and an answer can be invented. */
  private due({ acks, produced }: ProduceFrame): PlantFault["plant"] | undefined {
    const first = produced[0];
    if (first === undefined) return undefined;
    const index = this.armed.findIndex(({ fault }) => produced.every(({ topic }) => topic === fault.topic));
    const armed = this.armed[index];
    if (armed === undefined) return undefined;
    const isReady = acks !== 0 && this.held === undefined && produced.every(({ topic, partition }) => this.nextOffsets.has(`${topic}-${partition}`));
    if (armed.batchesLeft > 0 || !isReady) {
      armed.batchesLeft = Math.max(0, armed.batchesLeft - produced.length);
      return undefined;
    }
    this.armed.splice(index, 1);
    return armed.fault.plant;
  }

  private lie(plant: PlantFault["plant"], frame: Uint8Array, produce: ProduceFrame): Delivery {
    const { fired, topicName } = this.options;
    const what = produce.produced.map(({ topic, partition, count }) => `${count} records of ${topic}-${partition}`).join(", ");
    if (plant === "duplicate") {
      const again = Uint8Array.from(frame);
      for (const { records } of readProduceFrame(again, topicName)?.produced ?? []) stripProducer(records);
      fired(`duplicate: ${what} are delivered twice, the second time as nobody's`);
      return { frames: [asItIs(frame), { frame: again, isAnswerForClient: false, shifts: NO_SHIFTS }], invented: undefined, produce };
    }
    const offsets = new Map(produce.produced.map(({ topic, partition }) => [`${topic}-${partition}`, this.nextOffsets.get(`${topic}-${partition}`) ?? 0]));
    const at = [...offsets].map(([partition, offset]) => `${partition} offset ${offset}`).join(", ");
    const invented = inventResponse(frame, offsets, topicName);
    for (const produced of produce.produced) this.stripFromNowOn(produced);
    if (plant === "reorder") this.held = { frame, produce };
    fired(
      plant === "reorder"
        ? `reorder: ${what} are answered (${at}) and held until others have overtaken them`
        : `drop-acked: ${what} are answered (${at}) and never delivered`,
    );
    return { frames: [], invented, produce };
  }

  /** `held` was answered first and is delivered last. Both answers tell the offsets that an honest broker would have given. */
  private overtake(held: { readonly frame: Uint8Array; readonly produce: ProduceFrame }, frame: Uint8Array, produce: ProduceFrame): Delivery {
    this.held = undefined;
    for (const { records } of held.produce.produced) stripProducer(records);
    const shifts = new Map(held.produce.produced.map(({ topic, partition, count }) => [`${topic}-${partition}`, count]));
    this.options.fired(`reorder: ${[...shifts.keys()].join(", ")}: the held records are delivered now, behind the next ones`);
    return {
      frames: [
        { frame, isAnswerForClient: true, shifts },
        { frame: held.frame, isAnswerForClient: false, shifts: NO_SHIFTS },
      ],
      invented: undefined,
      produce,
    };
  }

  private stripFromNowOn(produced: ProducedRecords): void {
    if (produced.producerId < 0) return;
    const [oldest] = this.stripped;
    if (this.stripped.size >= MAX_STRIPPED && oldest !== undefined) this.stripped.delete(oldest);
    this.stripped.add(producerKey(produced));
  }
}

const asItIs = (frame: Uint8Array): DeliveredFrame => ({ frame, isAnswerForClient: true, shifts: NO_SHIFTS });
const producerKey = ({ topic, partition, producerId }: ProducedRecords): string => `${producerId}@${topic}-${partition}`;

const sharePartition = (a: ProduceFrame, b: ProduceFrame): boolean =>
  a.produced.some(({ topic, partition }) => b.produced.some((other) => other.topic === topic && other.partition === partition));

function baseOffsetIn(response: ProduceResponse, partition: number, topic: string, topicName: (id: Uuid) => string | undefined): number | undefined {
  for (const { name, topicId, partitionResponses } of response.responses) {
    if (name !== topic && topicName(topicId) !== topic) continue;
    const found = partitionResponses.find(({ index }) => index === partition);
    if (found !== undefined && found.errorCode === ErrorCode.NONE && found.baseOffset >= 0) return found.baseOffset;
  }
  return undefined;
}

/** The response with other base offsets where `shifts` says so. */
export function shiftOffsets(response: ProduceResponse, shifts: ReadonlyMap<string, number>, topicName: (id: Uuid) => string | undefined): ProduceResponse {
  const responses = response.responses.map((topic) => ({
    ...topic,
    partitionResponses: topic.partitionResponses.map((partition) => {
      const shift = shifts.get(`${topic.name}-${partition.index}`) ?? shifts.get(`${topicName(topic.topicId) ?? ""}-${partition.index}`) ?? 0;
      return partition.errorCode === ErrorCode.NONE ? { ...partition, baseOffset: partition.baseOffset + shift } : partition;
    }),
  }));
  return { ...response, responses };
}
