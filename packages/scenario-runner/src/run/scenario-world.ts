import type { Excuse, History } from "@samsa/history";
import type { Fault, FaultSupportTable } from "@samsa/world";
import type { Observation } from "./observation.ts";

export type WorldName = "process" | "sim";

/** A broker by the role it had when the fault struck, and by its id. */
export interface Strike {
  readonly fault: Fault;
  /** Undefined where the fault names nobody. */
  readonly victim: number | undefined;
}

/** What a scenario needs of a world: a cluster with a load on it, things that go wrong, and the history in the end. */
export interface ScenarioWorld {
  readonly name: WorldName;
  /** Starts the cluster, makes the topic, begins the load. Says why, if it can't. */
  start(): Promise<string | undefined>;
  /** False if the time ran out. */
  until(condition: () => boolean, timeoutMs: number): Promise<boolean>;
  strike(strike: Strike): Promise<void>;
  /** Starts every node that a fault took down; their ids. */
  restart(): Promise<readonly number[]>;
  /** Ends the load, waits for what is on its way, reads everything back. */
  finish(): Promise<History>;
  /** Which records were allowed to be lost, and why; undefined where the world can't tell one from another: then settings alone excuse. */
  excuses(): readonly Excuse[] | undefined;
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
