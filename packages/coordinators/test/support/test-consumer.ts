import type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse } from "@samsa/protocol";
import { errorName } from "@samsa/protocol";
import { type Asked, GROUP, type GroupWorld } from "./group-world.ts";

type Listed = NonNullable<ConsumerGroupHeartbeatRequest["topicPartitions"]>;

export interface TestConsumerOptions {
  readonly topics?: readonly string[];
  readonly regex?: string;
  readonly instanceId?: string;
  readonly assignor?: string;
  readonly rebalanceTimeoutMs?: number;
}

/** A member as clients with the consumer protocol are: it does what it is told when the test says so. */
export class TestConsumer {
  readonly memberId: string;
  epoch = 0;
  /** What it was told to have. */
  assigned: Listed = [];
  /** What it reads, until it has given it up. */
  owned: Listed = [];
  lastError = "NONE";
  private readonly world: GroupWorld;
  private readonly options: TestConsumerOptions;

  constructor(world: GroupWorld, memberId: string, options: TestConsumerOptions = {}) {
    this.world = world;
    this.memberId = memberId;
    this.options = { topics: ["orders"], ...options };
  }

  get isStatic(): boolean {
    return this.options.instanceId !== undefined;
  }

  /** Of one topic, as a string: `0 1 2`. */
  get partitions(): string {
    return this.owned
      .flatMap(({ partitions }) => partitions)
      .sort((a, b) => a - b)
      .join(" ");
  }

  join(): ConsumerGroupHeartbeatResponse | undefined {
    this.epoch = 0;
    this.owned = [];
    this.assigned = [];
    const { topics = null, regex = null, rebalanceTimeoutMs = 2_000, assignor = null } = this.options;
    return this.ask({
      memberEpoch: 0,
      rebalanceTimeoutMs,
      subscribedTopicNames: regex === null ? topics : null,
      subscribedTopicRegex: regex,
      serverAssignor: assignor,
      topicPartitions: [],
    });
  }

  /** Says that it lives, and what it has. */
  beat(changes: Partial<ConsumerGroupHeartbeatRequest> = {}): ConsumerGroupHeartbeatResponse | undefined {
    return this.ask({ memberEpoch: this.epoch, topicPartitions: this.owned, ...changes });
  }

  /** Gives up what it has to, and begins to read what it is to have. */
  obey(): void {
    this.owned = this.assigned;
  }

  leave(memberEpoch = -1): ConsumerGroupHeartbeatResponse | undefined {
    const response = this.ask({ memberEpoch });
    this.owned = [];
    return response;
  }

  /** The request of a heartbeat whose answer the test takes later, or never. */
  send(request: Partial<ConsumerGroupHeartbeatRequest>): Asked<ConsumerGroupHeartbeatResponse> {
    return this.world.beat({ groupId: GROUP, memberId: this.memberId, instanceId: this.options.instanceId ?? null, ...request });
  }

  take(response: ConsumerGroupHeartbeatResponse): void {
    this.lastError = errorName(response.errorCode) ?? String(response.errorCode);
    if (response.errorCode !== 0) return;
    this.epoch = response.memberEpoch;
    if (response.assignment !== null) this.assigned = response.assignment.topicPartitions;
  }

  private ask(request: Partial<ConsumerGroupHeartbeatRequest>): ConsumerGroupHeartbeatResponse | undefined {
    const { response } = this.send(request);
    if (response !== undefined) this.take(response);
    return response;
  }
}

/** All do what they are told until nobody is told anything new. */
export function settle(consumers: readonly TestConsumer[]): void {
  for (let round = 0; round < 10; round++) {
    for (const consumer of consumers) {
      consumer.beat();
      consumer.obey();
    }
  }
}
