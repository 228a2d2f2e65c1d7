import type { LeaveKind } from "@samsa/history";
import type { Fault } from "@samsa/world";
import type { Step } from "./step.ts";

/** How it must end. A loss is of acknowledged records, by leave of the settings, and the verdict names them; every one of them for a reason of this `kind`. */
export type Expectation =
  { readonly type: "clean" } | { readonly type: "loss"; readonly kind: Extract<LeaveKind, "acks-1" | "unclean-election">; readonly because: string };

/** A story about a cluster that breaks, with nothing in it of how a world does it: the same module runs in every world. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** One or two sentences. */
  readonly teaches: string;
  /** What happens, in order. */
  readonly prose: string;
  /** Controllers of their own, if there are any, have the ids behind the brokers; else the brokers are controllers too. */
  readonly cluster: {
    readonly brokers: number;
    readonly controllers?: number;
    /** Of `server.properties`, for every node: what differs from `profile=test`. */
    readonly properties?: Readonly<Record<string, string>>;
  };
  readonly topic: {
    readonly name: string;
    readonly partitions: number;
    readonly replicationFactor: number;
    readonly minInsyncReplicas: number;
    /** Beside `min.insync.replicas`. */
    readonly configs?: Readonly<Record<string, string>>;
  };
  readonly load: {
    readonly acks: -1 | 0 | 1;
    readonly isIdempotent: boolean;
    readonly maxInFlight: number;
    readonly recordsPerSecond: number;
    readonly recordsPerBatch: number;
    /** How long the producer waits for an answer before it tries again. Default: 10 s. */
    readonly requestTimeoutMs?: number;
    /** Reads and commits meanwhile: every acknowledged record must come to it, and no commit may go back. */
    readonly group?: { readonly groupId: string; readonly members: number };
  };
  readonly steps: readonly Step[];
  readonly expectation: Expectation;
}

/** All of a topic's configuration. */
export const topicConfigsOf = ({ minInsyncReplicas, configs = {} }: Scenario["topic"]): Readonly<Record<string, string>> => ({
  "min.insync.replicas": String(minInsyncReplicas),
  ...configs,
});

/** "3 brokers", "3 brokers and 3 controllers". */
export const nodesOf = ({ brokers, controllers = 0 }: Scenario["cluster"]): string =>
  controllers === 0 ? `${brokers} brokers` : `${brokers} brokers and ${controllers} controllers`;

/** "broker 2", also where it is a controller too; "controller 5" for a node that is nothing else. */
export const nodeName = ({ brokers }: Scenario["cluster"], id: number): string => (id > brokers ? `controller ${id}` : `broker ${id}`);

/** Faults that a scenario does, each type once. */
export const faultTypesOf = ({ steps }: Scenario): readonly Fault["type"][] => [
  ...new Set(steps.flatMap((step) => (step.type === "fault" ? [step.fault.type] : []))),
];
