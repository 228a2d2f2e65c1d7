/** A nominal type over `Base`: two brands of one base do not mix. */
export type Brand<Base, Name extends string> = Base & { readonly __brand: Name };

/** Position of a record in a partition, 0 ≤ offset ≤ 2^53 − 1. */
export type Offset = Brand<number, "Offset">;
/** Leader epoch of a partition, ≥ 0; −1 means none. */
export type LeaderEpoch = Brand<number, "LeaderEpoch">;
/** Version of a partition's state in the metadata log, ≥ 0. */
export type PartitionEpoch = Brand<number, "PartitionEpoch">;
/** Epoch of a broker's registration, ≥ 0; −1 means unknown. */
export type BrokerEpoch = Brand<number, "BrokerEpoch">;
/** Id of a node, ≥ 0; −1 means none. */
export type NodeId = Brand<number, "NodeId">;
/** Monotonic time in microseconds since the world's start. */
export type Micros = Brand<number, "Micros">;
/** Wall-clock time in milliseconds since 1970. */
export type WallMs = Brand<number, "WallMs">;
/** A UUID as Kafka prints it: 22 characters of unpadded base64url. */
export type Uuid = Brand<string, "Uuid">;

export const offset = (value: number): Offset => value as Offset;
export const leaderEpoch = (value: number): LeaderEpoch => value as LeaderEpoch;
export const partitionEpoch = (value: number): PartitionEpoch => value as PartitionEpoch;
export const brokerEpoch = (value: number): BrokerEpoch => value as BrokerEpoch;
export const nodeId = (value: number): NodeId => value as NodeId;
export const micros = (value: number): Micros => value as Micros;
export const wallMs = (value: number): WallMs => value as WallMs;
export const uuid = (value: string): Uuid => value as Uuid;

export const NO_NODE = nodeId(-1);
export const NO_EPOCH = leaderEpoch(-1);
export const ZERO_UUID = uuid("AAAAAAAAAAAAAAAAAAAAAA");

/** One instant, the same for every input of a turn. */
export interface Now {
  readonly monotonicUs: Micros;
  readonly wallMs: WallMs;
}

export const afterMs = (now: Now, delayMs: number): Micros => micros(now.monotonicUs + Math.round(delayMs * 1000));
