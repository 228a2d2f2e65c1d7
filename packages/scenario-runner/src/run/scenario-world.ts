import type { Excuse, History } from "@samsa/history";
import type { ResolvedFault } from "@samsa/simulator";
import type { FaultSupportTable } from "@samsa/world";
import type { Observation } from "./observation.ts";

export type WorldName = "process" | "sim";

/** What a scenario needs of a world: a cluster with a load on it, things that go wrong, and the history in the end. */
export interface ScenarioWorld {
  readonly name: WorldName;
  /** Starts the cluster, makes the topic, begins the load. Says why, if it can't. */
  start(): Promise<string | undefined>;
  /** False if the time ran out. */
  until(condition: () => boolean, timeoutMs: number): Promise<boolean>;
  strike(fault: ResolvedFault): Promise<void>;
  /** Whatever lasts ends; nodes that are down stay down. */
  heal(): Promise<void>;
  /** Starts every node that a fault took down; their ids. */
  restart(): Promise<readonly number[]>;
  /** An empty disk for a node that is down. */
  wipe(node: number): Promise<void>;
  /** The last batch of the partition's active segment, on a node that is down, lacks its end, and garbage follows. */
  tear(node: number, partition: { readonly topic: string; readonly partition: number }): Promise<void>;
  /** Ends the load, waits for what is on its way, reads everything back. */
  finish(): Promise<History>;
  /**
   * After `finish`, where nothing is broken any more: what the replicas hold that differs, each with topic, partition, brokers and offset. A reader is
   * only ever given what leaders hold.
   */
  replicaDifferences(history: History): Promise<readonly string[]>;
  /** Which records were allowed to be lost, and why. */
  excuses(): readonly Excuse[];
  /** What is wrong beside the history: nodes that ended, invariants. */
  failures(): readonly string[];
  /** Bytes of memory by node, where the world has such. */
  residentBytes(): ReadonlyMap<number, number>;
  dispose(): Promise<void>;
}

export interface WorldFactory {
  readonly name: WorldName;
  readonly support: FaultSupportTable;
  create(observation: Observation): ScenarioWorld;
  /** Milliseconds since the world began. */
  nowMs(): number;
}
