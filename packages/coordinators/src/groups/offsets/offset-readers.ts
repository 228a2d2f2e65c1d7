import { type ClassicState, CONSUMER_PROTOCOL_TYPE } from "../classic/classic-group.ts";
import type { ConsumerGroupState } from "../consumer/consumer-group-state.ts";
import { subscribedTopics } from "../consumer/subscriptions.ts";

/** Who may read on at a group's offsets: what counts for their expiry, and for their deletion. A classic group is one. */
export interface OffsetReaders {
  readonly state: ClassicState;
  readonly protocolType: string | undefined;
  readonly size: number;
  /** Undefined where that can't be told. */
  readonly subscribedTopics: ReadonlySet<string> | undefined;
  /** Since when the state is this one. */
  readonly stateTimestampMs: number;
}

/** When the last member of a consumer group went is in no record: its offsets count from their commits, as in Kafka. */
export const readersOfConsumer = (group: ConsumerGroupState): OffsetReaders => ({
  state: group.members.size === 0 ? "Empty" : "Stable",
  protocolType: CONSUMER_PROTOCOL_TYPE,
  size: group.members.size,
  subscribedTopics: subscribedTopics(group),
  stateTimestampMs: 0,
});
