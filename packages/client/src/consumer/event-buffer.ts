import type { ConsumerEvent } from "./consumer-event.ts";

type RecordsEvent = Extract<ConsumerEvent, { readonly type: "records" }>;

interface OfPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Records that were there to be taken, and will be read again. */
export interface TakenBack {
  readonly offset: number;
  /** They came after the position was looked up, which nobody has been told yet. */
  readonly isBehindReset: boolean;
}

/** What a consumer has to tell, in order, until somebody takes it. */
export class EventBuffer {
  private events: ConsumerEvent[] = [];
  /** Of a response of which some were taken: how many. The rest is not copied for each of a hundred polls. */
  private readonly takenOf = new WeakMap<ConsumerEvent, number>();
  /** By partition: responses with records. */
  private responses = new Map<string, number>();

  get size(): number {
    return this.events.length;
  }

  push(event: ConsumerEvent): void {
    this.events.push(event);
    if (event.type === "records") this.responses.set(keyOf(event), this.responsesOf(event) + 1);
  }

  /** Responses with records of the partition that nobody has taken, or not all of it. */
  responsesOf(partition: OfPartition): number {
    return this.responses.get(keyOf(partition)) ?? 0;
  }

  /**
   * Events in order until there are so many records; what is left of a response is for another call, and so are records of partitions that are held back,
   * with what comes behind them.
   */
  take(maxRecords: number, isHeldBack: (partition: OfPartition) => boolean = () => false): readonly ConsumerEvent[] {
    const taken: ConsumerEvent[] = [];
    const left: ConsumerEvent[] = [];
    const held = new Set<string>();
    let room = maxRecords;
    let isFull = false;
    for (const event of this.events) {
      if (event.type === "records" && isHeldBack(event)) held.add(keyOf(event));
      if (isFull || (held.has(keyOf(event)) && !isAnswer(event))) left.push(event);
      else if (event.type === "records") {
        const next = this.nextOf(event);
        const end = Math.min(event.records.length, next + room);
        isFull = end < event.records.length;
        if (isFull) left.push(event);
        if (next === 0 && !isFull) taken.push(event);
        else if (end > next) taken.push({ ...event, records: event.records.slice(next, end) });
        this.takenOf.set(event, end);
        room -= end - next;
      } else taken.push(event);
    }
    if (taken.length > 0) this.keep(left);
    return taken;
  }

  /** There is something that nobody holds back. */
  hasMore(isHeldBack: (partition: OfPartition) => boolean): boolean {
    return this.events.some((event) => isAnswer(event) || !isHeldBack(event));
  }

  /** Nothing is told of the partition but answers to questions. */
  forget(partition: OfPartition): void {
    this.keep(this.events.filter((event) => isAnswer(event) || !isSame(event, partition)));
  }

  /** Records that nobody has taken go, but not those from before the position was looked up: they may be gone. */
  takeBack(partition: OfPartition): TakenBack | undefined {
    const lastReset = this.events.findLastIndex((event) => event.type === "position" && isSame(event, partition));
    const isDropped = (event: ConsumerEvent, index: number): event is RecordsEvent => index > lastReset && event.type === "records" && isSame(event, partition);
    const response = this.events.find(isDropped);
    const first = response?.records[this.nextOf(response)];
    this.keep(this.events.filter((event, index) => !isDropped(event, index)));
    return first === undefined ? undefined : { offset: first.offset, isBehindReset: lastReset >= 0 };
  }

  private nextOf(event: RecordsEvent): number {
    return this.takenOf.get(event) ?? 0;
  }

  private keep(events: ConsumerEvent[]): void {
    this.events = events;
    this.responses = new Map();
    for (const event of events) if (event.type === "records") this.responses.set(keyOf(event), this.responsesOf(event) + 1);
  }
}

const keyOf = ({ topic, partition }: OfPartition): string => `${topic}-${partition}`;

const isSame = (a: OfPartition, b: OfPartition): boolean => a.topic === b.topic && a.partition === b.partition;

/** To a question, which is of no partition that is read. */
const isAnswer = (event: ConsumerEvent): boolean => event.type === "offset" || (event.type === "error" && event.query !== undefined);
