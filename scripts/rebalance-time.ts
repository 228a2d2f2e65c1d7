/**
 * How long groups of kafkajs take to agree: from the moment a member leaves, or one more joins, until every member has its new assignment. Members hear of a rebalance with a
 * heartbeat, every 500 ms here; the rest is the coordinator's and the clients'.
 *
 *   node scripts/rebalance-time.ts                                      three brokers as processes
 *   node scripts/rebalance-time.ts --peer HOST:PORT,HOST:PORT,…         another cluster
 */
import { parseArgs } from "node:util";
import { createLoadTopic } from "@samsa/scenario-runner/load";
import { ProcessCluster } from "@samsa/scenario-runner/process-cluster";
import kafkajs, { type Consumer } from "kafkajs";
import { StepList } from "./step-list.ts";

interface Shape {
  readonly members: number;
  readonly partitions: number;
}

const SHAPES: readonly Shape[] = [
  { members: 100, partitions: 100 },
  { members: 10, partitions: 1_000 },
];
const ROUNDS = 3;
const HEARTBEAT_MS = 500;
const TIMEOUT_MS = 120_000;

const { values } = parseArgs({ options: { peer: { type: "string" } } });

/** A member, and the generation's assignments that it was told of. */
interface Member {
  readonly consumer: Consumer;
  partitions: number;
  joins: number;
}

async function startMember(bootstrap: readonly string[], topic: string): Promise<Member> {
  const kafka = new kafkajs.Kafka({ clientId: "rebalance-time", brokers: [...bootstrap], logLevel: kafkajs.logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: topic, heartbeatInterval: HEARTBEAT_MS, sessionTimeout: 30_000, rebalanceTimeout: 60_000, maxWaitTimeInMs: 500 });
  const member: Member = { consumer, partitions: 0, joins: 0 };
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    member.partitions = payload.memberAssignment[topic]?.length ?? 0;
    member.joins++;
  });
  await consumer.connect();
  await consumer.subscribe({ topic });
  await consumer.run({ eachMessage: async () => undefined });
  return member;
}

/** Until all partitions are assigned, and everybody was told anew. */
async function untilAgreed(members: readonly Member[], joinsBefore: ReadonlyMap<Member, number>, { partitions }: Shape): Promise<void> {
  const endMs = performance.now() + TIMEOUT_MS;
  const areAgreed = (): boolean =>
    members.reduce((sum, member) => sum + member.partitions, 0) === partitions && members.every((member) => member.joins > (joinsBefore.get(member) ?? 0));
  while (!areAgreed()) {
    if (performance.now() > endMs) throw new Error(`${members.length} members did not agree within ${TIMEOUT_MS} ms`);
    await new Promise((later) => setTimeout(later, 5));
  }
}

async function measure(bootstrap: readonly string[], shape: Shape): Promise<void> {
  const topic = `rebalance-${shape.members}-${shape.partitions}`;
  const addresses = bootstrap.map((text) => ({ host: text.slice(0, text.lastIndexOf(":")), port: Number(text.slice(text.lastIndexOf(":") + 1)) }));
  await createLoadTopic(addresses, { name: topic, partitions: shape.partitions, replicationFactor: 3, minInsyncReplicas: 2 }, TIMEOUT_MS);
  const startMs = performance.now();
  const members = await Promise.all(Array.from({ length: shape.members }, () => startMember(bootstrap, topic)));
  await untilAgreed(members, new Map(), shape);
  print(`${shape.members} members, ${shape.partitions} partitions: together after ${seconds(startMs)}`);
  for (let round = 0; round < ROUNDS; round++) {
    const leaving = members.shift();
    const before = new Map(members.map((member) => [member, member.joins]));
    const leftMs = performance.now();
    await leaving?.consumer.disconnect();
    await untilAgreed(members, before, shape);
    print(`  one leaves: ${seconds(leftMs)}`);
    const beforeJoin = new Map(members.map((member) => [member, member.joins]));
    const joinedMs = performance.now();
    members.push(await startMember(bootstrap, topic));
    await untilAgreed(members, beforeJoin, shape);
    print(`  one joins: ${seconds(joinedMs)}`);
  }
  await Promise.all(members.map(({ consumer }) => consumer.disconnect()));
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1000).toFixed(2)} s`;

process.removeAllListeners("warning");
const cluster =
  values.peer === undefined
    ? await ProcessCluster.start({ bundle: "dist/samsa.mjs", brokers: 3, areFaultsEnabled: false, onEvent: () => undefined })
    : undefined;
const bootstrap = cluster?.bootstrap ?? (values.peer ?? "").split(",");
const suite = new StepList({ isChain: false });
try {
  for (const shape of SHAPES) await suite.step(`${shape.members} members, ${shape.partitions} partitions`, () => measure(bootstrap, shape));
} finally {
  await cluster?.dispose();
}
suite.finish(0);
