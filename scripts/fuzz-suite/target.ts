import type { ApiInputs, ApiMessages, ApiName } from "@samsa/protocol";
import type { Expectation } from "./expectation.ts";
import type { FuzzCase } from "./fuzz-case.ts";

/** A case with what came of it. */
export interface Played {
  readonly fuzzCase: FuzzCase;
  readonly expectation: Expectation;
  /** Frames without their sizes. */
  readonly answers: readonly Uint8Array[];
  /** The server closed the connection. */
  readonly isClosed: boolean;
}

export interface TopicView {
  readonly name: string;
  readonly partitions: number;
  /** All of the topic that a request could change: what differs has changed. */
  readonly state: string;
  /** Whatever a producer sends is in the log as it was. */
  readonly keepsBatches: boolean;
}

/** What the cluster holds, between two rounds. */
export interface ClusterView {
  /** By topic id. */
  readonly topics: ReadonlyMap<string, TopicView>;
  /** Ends of the logs by `id:partition`. */
  readonly ends: ReadonlyMap<string, number>;
  /** Of topics (`2:name`), brokers (`4:id`) and features, by name; undefined where the target can't tell. */
  readonly configs?: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Everything else of the metadata that only a request changes. */
  readonly rest: string;
}

/** Of coordinators, not of clients: it is made, and written to, as they like. */
export const isInternalTopic = (name: string): boolean => name === "__consumer_offsets";

export const endKey = (topicId: string, partition: number): string => `${topicId}:${partition}`;

/** A server under test: in the simulated world, or a process. */
export interface FuzzTarget {
  /** A good request over a connection of its own, which stays. */
  call<Name extends ApiName>(api: Name, version: number, request: ApiInputs[Name]["request"]): Promise<ApiMessages[Name]["response"]>;
  /** Time for what was begun to be done. */
  pause(): Promise<void>;
  /** All cases at the same time, each on a connection of its own; they are closed again. */
  play(cases: readonly { readonly fuzzCase: FuzzCase; readonly expectation: Expectation }[]): Promise<readonly Played[]>;
  view(): Promise<ClusterView>;
  /** Connections that the server says it closed for a reason, one line each, since the last call. */
  takeClosings(): Promise<readonly string[]>;
  /** What is wrong with the server itself, whatever it was sent: it died, an invariant broke, connections are left. */
  problems(): readonly string[];
  dispose(): Promise<void>;
}
