import { type FaultRecord, Recorder, type Recording, type Scenario, type TimelineEntry } from "../../src/index.ts";

/** Every kind of fault that has a sign of its own, and one that has none. */
const FAULTS: readonly FaultRecord["type"][] = ["crash", "pause", "partition", "disk-full", "stop", "slow-disk"];
const TICK_MS = 20;
const RECORDS_PER_ACK = 10;
const FIRST_FAULT_MS = 1_000;
const FAULT_PERIOD_MS = 4_000;
const FAULT_MS = 1_500;
/** From the start of a process until it is in service. */
const START_MS = 300;
/** How long a partition is not acknowledged when its node is struck. */
const PAUSE_MS = 400;
const LOAD_FROM_MS = 600;

export interface HandmadeRun {
  readonly recording: Recording;
  readonly timeline: readonly TimelineEntry[];
  readonly faults: readonly string[];
}

export interface HandmadeShape {
  readonly cluster: Scenario["cluster"];
  readonly topicName?: string;
  readonly partitions: number;
  readonly durationMs: number;
  /** What is said of a fault; its own words, if nothing is. */
  readonly faultText?: string;
}

/** A run that nobody ran: every four seconds the next node suffers the next kind of fault. Equal shapes give equal runs. */
export function handmadeRun({ cluster, topicName = "orders", partitions, durationMs, faultText }: HandmadeShape): HandmadeRun {
  const { brokers, controllers = 0 } = cluster;
  const topic = { name: topicName, partitions, replicationFactor: brokers, minInsyncReplicas: 2 };
  const recorder = new Recorder({ cluster, topic });
  const timeline: TimelineEntry[] = [];
  const faults: string[] = [];
  const brokerIds = Array.from({ length: brokers }, (_, index) => index + 1);
  const nodeCount = brokers + controllers;
  const activeController = controllers === 0 ? 1 : brokers + 1;
  recorder.event(200, { node: activeController, kind: "controller", isActive: true, epoch: 1 });
  for (let id = 1; id <= nodeCount; id++) {
    if (id <= brokers) recorder.event(250, { node: activeController, kind: "broker-unfenced", broker: id, epoch: id });
    else recorder.event(250, { node: id, kind: "raft-role", role: "follower", term: 1, leader: activeController });
  }
  const leaderOf = (partition: number, epoch: number): number => ((partition + epoch) % brokers) + 1;
  const elect = (atMs: number, partition: number, leaderEpoch: number, isr: readonly number[]): void => {
    const leader = leaderOf(partition, leaderEpoch);
    recorder.event(atMs, { node: activeController, kind: "leader-elected", topic: topicName, partition, leader, leaderEpoch, isr, because: "" });
  };
  for (let partition = 0; partition < partitions; partition++) elect(300, partition, 0, brokerIds);
  recorder.loadBegan(LOAD_FROM_MS);
  for (let atMs = LOAD_FROM_MS; atMs < durationMs; atMs += TICK_MS) {
    const index = Math.floor((atMs - FIRST_FAULT_MS) / FAULT_PERIOD_MS);
    const sinceMs = atMs - FIRST_FAULT_MS - index * FAULT_PERIOD_MS;
    const node = (Math.max(0, index) % nodeCount) + 1;
    const type = FAULTS[Math.max(0, index) % FAULTS.length] ?? "crash";
    const struck = Math.max(0, index) % partitions;
    const isProcess = type === "crash" || type === "stop";
    if (index >= 0 && sinceMs === 0) {
      const text = faultText ?? `node ${node} suffers ${type}`;
      faults.push(text);
      timeline.push({ atMs, sinceFaultMs: 0, text });
      recorder.struck(atMs, { type, nodes: [node], text });
      if (isProcess) recorder.nodeEnded(atMs, node);
      elect(
        atMs + 5,
        struck,
        index + 1,
        brokerIds.filter((id) => id !== node),
      );
    }
    if (index >= 0 && sinceMs === FAULT_MS) {
      timeline.push({ atMs, sinceFaultMs: FAULT_MS, text: `node ${node} is well again` });
      if (isProcess) recorder.nodeStarted(atMs, node);
      else recorder.healed(atMs, { type, node });
    }
    if (index >= 0 && sinceMs === FAULT_MS + START_MS && isProcess) {
      if (node <= brokers) recorder.event(atMs, { node: activeController, kind: "broker-unfenced", broker: node, epoch: nodeCount + index });
      else recorder.event(atMs, { node, kind: "raft-role", role: "follower", term: 1, leader: activeController });
    }
    for (let partition = 0; partition < partitions; partition++) {
      const name = `${topicName}-${partition}`;
      const isOut = index >= 0 && partition === struck && sinceMs < PAUSE_MS;
      if (!isOut) recorder.acked(atMs, name, RECORDS_PER_ACK);
      else if (sinceMs % 60 === 0 && type === "partition") recorder.sendRefused(atMs, "NOT_ENOUGH_REPLICAS");
      else if (sinceMs % 100 === 0 && type !== "crash") recorder.sendFailed(atMs, name, "NOT_ENOUGH_REPLICAS");
    }
  }
  recorder.loadEnded(durationMs);
  return { recording: recorder.recording(durationMs), timeline, faults };
}
