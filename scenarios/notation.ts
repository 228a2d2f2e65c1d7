import type { Scenario, ScenarioFault, Step, Who } from "@samsa/scenario-runner";

/** Of every wait: a run takes seconds, and a machine may be busy. */
const timeoutMs = 30_000;

export const TOPIC = "orders";
const ofTopic = { topic: TOPIC, partition: 0 } as const;

/** Of the partition that a scenario looks at, orders-0. */
export const leader: Who = { type: "leader", ...ofTopic };
export const follower: Who = { type: "follower", ...ofTopic };
export const otherFollower: Who = { type: "follower", ...ofTopic, index: 1 };
export const activeController: Who = { type: "active-controller" };
export const coordinatorOf = (groupId: string): Who => ({ type: "coordinator", groupId });
export const node = (id: number): Who => ({ type: "node", id });
export const named = (name: string): Who => ({ type: "named", name });

/** A broker that does not answer is fenced after a second and a half, and a replica that does not fetch leaves the ISR. */
export const QUICK: Readonly<Record<string, string>> = {
  "broker.heartbeat.interval.ms": "250",
  "broker.session.timeout.ms": "1500",
  "replica.lag.time.max.ms": "1500",
};

export const THREE_PARTITIONS: Scenario["topic"] = { name: TOPIC, partitions: 3, replicationFactor: 3, minInsyncReplicas: 2 };
export const ONE_PARTITION: Scenario["topic"] = { ...THREE_PARTITIONS, partitions: 1 };

/** An idempotent producer that waits for all in-sync replicas. */
export const ACKS_ALL: Scenario["load"] = {
  acks: -1,
  isIdempotent: true,
  maxInFlight: 1,
  recordsPerSecond: 1_500,
  recordsPerBatch: 10,
  requestTimeoutMs: 2_000,
};

export const call = (who: Who, name: string): Step => ({ type: "name", who, name });
const fault = (one: ScenarioFault): Step => ({ type: "fault", fault: one });
export const crash = (victim: Who): Step => fault({ type: "crash", victim });
export const stop = (victim: Who): Step => fault({ type: "stop", victim });
export const pause = (victim: Who): Step => fault({ type: "pause", victim });
export const fillDisk = (victim: Who): Step => fault({ type: "disk-full", victim });
export const cutOff = (...from: readonly Who[]): Step => fault({ type: "partition", from, isOneWay: false });
/** What they send does not arrive; what the others send does. */
export const cutOneWay = (...from: readonly Who[]): Step => fault({ type: "partition", from, isOneWay: true });
export const heal: Step = { type: "heal" };
export const restart: Step = { type: "restart" };
export const wipe = (who: Who): Step => ({ type: "wipe", who });
export const tear = (who: Who): Step => ({ type: "tear", who, ...ofTopic });

export const untilAcked = (records: number): Step => ({ type: "until-acked", records, timeoutMs });
/** Of orders-0 alone. */
export const untilAckedThere = (records: number): Step => ({ type: "until-acked", records, partition: 0, timeoutMs });
export const untilConsumed = (records: number): Step => ({ type: "until-consumed", records, timeoutMs });
export const untilController: Step = { type: "until-controller", timeoutMs };
export const untilLedByAnother = (notBy: Who): Step => ({ type: "until-leader", ...ofTopic, notBy, timeoutMs });
export const untilLedBy = (by: Who): Step => ({ type: "until-leader", ...ofTopic, by, timeoutMs });
export const untilNoLeader: Step = { type: "until-no-leader", ...ofTopic, timeoutMs };
export const untilIsrOf = (size: number): Step => ({ type: "until-isr", ...ofTopic, size, timeoutMs });
export const untilIsrWithout = (without: Who): Step => ({ type: "until-isr", ...ofTopic, without, timeoutMs });
export const untilIsrFull: Step = { type: "until-isr-full", timeoutMs };
export const untilFenced = (who: Who): Step => ({ type: "until-fenced", who, timeoutMs });
/** It has asked to stop, and the controller has moved its leaderships before it was gone. */
export const untilLetGo = (who: Who): Step => ({ type: "until-fenced", who, because: "controlled shutdown", timeoutMs });
export const untilUnfenced = (who: Who): Step => ({ type: "until-unfenced", who, timeoutMs });
export const untilTornEndDropped = (who: Who): Step => ({ type: "until-torn-end-dropped", who, ...ofTopic, timeoutMs });
export const untilTold = (error: string): Step => ({ type: "until-send-errors", error, timeoutMs });
