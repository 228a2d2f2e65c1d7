import type { ScenarioFault } from "./scenario-fault.ts";
import type { Who } from "./who.ts";

interface Partition {
  readonly topic: string;
  readonly partition: number;
}

/** What is waited for: a state of the cluster, or what clients see. None is a length of time; one that outlasts its time-out fails the scenario. */
export type Wait =
  /** So many more records have been acknowledged since the step began: of that partition, or of all. */
  | { readonly type: "until-acked"; readonly records: number; readonly partition?: number }
  /** There is an active controller. */
  | { readonly type: "until-controller" }
  /** The partition is led: by `by`, or by somebody other than `notBy`. */
  | ({ readonly type: "until-leader"; readonly by?: Who; readonly notBy?: Who } & Partition)
  /** Nobody leads the partition. */
  | ({ readonly type: "until-no-leader" } & Partition)
  /** The ISR has so many members, or has one no more. */
  | ({ readonly type: "until-isr"; readonly size?: number; readonly without?: Who } & Partition)
  /** Every partition of the topic has a leader and all its replicas in the ISR. */
  | { readonly type: "until-isr-full" }
  /** The controller has taken the broker out of service; `because`: for a reason that contains this. */
  | { readonly type: "until-fenced"; readonly who: Who; readonly because?: string }
  /** The broker is in service. */
  | { readonly type: "until-unfenced"; readonly who: Who }
  /** The broker has read the partition's log back since it started, and has dropped what was torn at its end. */
  | ({ readonly type: "until-torn-end-dropped"; readonly who: Who } & Partition)
  /** The producer was told this error by a broker since the step began, by Kafka's name for it; it may try again. */
  | { readonly type: "until-send-errors"; readonly error: string }
  /** The members of the group were given so many more records since the step began. */
  | { readonly type: "until-consumed"; readonly records: number };

/** One thing that happens or is waited for, in order. */
export type Step =
  | (Wait & { readonly timeoutMs: number })
  | { readonly type: "fault"; readonly fault: ScenarioFault }
  /** Whoever has the role now is called so from here on. */
  | { readonly type: "name"; readonly who: Who; readonly name: string }
  /** Whatever lasts ends: cuts, pauses, full disks. Nodes that are down stay down. */
  | { readonly type: "heal" }
  /** Starts every node that a fault took down, on what its disk holds. */
  | { readonly type: "restart" }
  /** A node that is down gets an empty disk. */
  | { readonly type: "wipe"; readonly who: Who }
  /** Of a node that is down: in the partition's active segment the last batch lacks its end, and garbage follows. */
  | ({ readonly type: "tear"; readonly who: Who } & Partition);
