import { join } from "node:path";
import { checkHistory, History } from "@samsa/history";
import { Prng } from "@samsa/stdx";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClientKind, clientKinds } from "../../../src/foreign-clients/clients.ts";
import type { GroupProtocol } from "../../../src/foreign-clients/command.ts";
import { KILLED_ROLES, KILLED_UNDER_CONSUMER_PROTOCOL, type KilledRole } from "../../../src/foreign-clients/features.ts";
import { CommittedOffsets } from "../../../src/foreign-clients/committed-offsets.ts";
import { commitsThatWentBack, type LoggedCommit, loggedCommits } from "../../../src/foreign-clients/logged-commits.ts";
import { Member } from "../../../src/foreign-clients/member.ts";
import { offsetsPartitionOf } from "../../../src/foreign-clients/offsets-partition.ts";
import { ProduceStream } from "../../../src/foreign-clients/produce-stream.ts";
import { startClient } from "../../../src/foreign-clients/start-client.ts";
import { readBack } from "../../../src/process-world/read-back.ts";
import { CLUSTER_TITLE, ROLES_OF_CLUSTERS, type RunningCluster, startCluster } from "../running-cluster.ts";
import { topicName, until } from "./features.ts";

/** CI kills one of them for each client, by turns; `--full` all of them, with each seed at another moment of the load. */
const SEED = process.env["SAMSA_FIRST_SEED"];
const IS_FULL = SEED !== undefined;
const PARTITIONS = 3;
const OFFSETS_TOPIC = "__consumer_offsets";
/** More than one batch of the clients that cut batches by bytes. */
const BATCH = 400;
const ACKS = 6_000;
const TIMEOUT_MS = 30_000;
/** All that is waited for, one after the other. */
const TEST_TIMEOUT_MS = 300_000;
const RULES = { acks: "all", isIdempotent: true, maxInFlight: 1 } as const;

let running: RunningCluster;

function victimOf(role: KilledRole, topic: string): number | undefined {
  const { state } = running;
  if (role === "active controller") return state.resolve({ type: "active-controller" });
  if (role === "partition leader") return state.resolve({ type: "leader", topic, partition: 0 });
  return state.resolve({ type: "leader", topic: OFFSETS_TOPIC, partition: offsetsPartitionOf(topic) });
}

async function kill(role: KilledRole, topic: string): Promise<number> {
  const victim = victimOf(role, topic);
  if (victim === undefined) throw new Error(`nobody is ${role}`);
  const { state, cluster } = running;
  await cluster.node(victim).kill("SIGKILL");
  state.killed(victim);
  const isReplaced = (): boolean =>
    state.activeController > 0 && [...state.partitions.values()].every(({ leader, isr }) => leader !== victim && !isr.includes(victim));
  if (!(await cluster.until(isReplaced, TIMEOUT_MS))) throw new Error(`broker ${victim} is still needed`);
  return victim;
}

/** It is in service again, in every ISR, and in the quorum of the metadata. */
async function bringBack(victim: number): Promise<void> {
  const { cluster, state } = running;
  cluster.node(victim).start();
  const isWhole = (): boolean =>
    state.unfenced.size === 3 && state.inQuorum.size === cluster.nodes.length && [...state.partitions.values()].every(({ isr }) => isr.length === 3);
  if (!(await cluster.until(isWhole, TIMEOUT_MS))) throw new Error(`the cluster was not whole again with broker ${victim}`);
}

async function survives(kind: ClientKind, role: KilledRole, protocol: GroupProtocol): Promise<void> {
  const topic = topicName(kind, `${role.replace(" ", "-")}${protocol === "classic" ? "" : "-848"}`);
  await running.createTopic(topic, PARTITIONS);
  const history = new History(topic);
  const members = [1, 2].map(() => new Member(kind, running.bootstrap));
  const client = startClient(kind, running.bootstrap);
  const committed = new CommittedOffsets(running.brokers, { group: topic, topic });
  let victim: number | undefined;
  let stream: ProduceStream | undefined;
  try {
    await Promise.all(members.map((member) => member.client.call("join", { group: topic, topic, protocol })));
    const onChange = (): void => running.cluster.poke();
    const load = new ProduceStream({ client, history, topic, partitions: PARTITIONS, recordsPerBatch: BATCH, onChange });
    stream = load;
    const enough = SEED === undefined ? ACKS : 1 + new Prng(Number(SEED)).fork(topic).below(2 * ACKS);
    await until("both are given records, and commit", () => members.every(({ assigned, seen }) => assigned.length > 0 && seen.length > 0) && committed.sum > 0);
    await until("it is acknowledged", () => load.acked >= enough);
    victim = await kill(role, topic);
    const ackedThen = load.acked;
    await until("it goes on", () => load.acked >= ackedThen + ACKS);
    await load.stop();
    expect([...load.gaveUp]).toEqual([]);
    await readBack(history, {
      bootstrap: running.cluster.bootstrap,
      topic: { name: topic, partitions: PARTITIONS, replicationFactor: 3, minInsyncReplicas: 2 },
    });
    expect(checkHistory(history, RULES)).toMatchObject({ isClean: true, permitted: [], counts: { acked: load.acked } });
    await judgeGroup(members, load.sent, committed, topic);
  } finally {
    await stream?.stop();
    await committed.stop();
    await Promise.all([client, ...members.map((member) => member.client)].map((one) => one.close()));
    if (victim !== undefined) await bringBack(victim);
  }
  if (kind.repeatsRefusedCommits !== true) expect([...committed.wentBack, ...commitsThatWentBack(commitsOf(topic))]).toEqual([]);
}

/** All that was sent is acknowledged, and so has to have been given; nothing else, and nothing left out on the way. */
async function judgeGroup(members: readonly Member[], sent: ReadonlySet<string>, committed: CommittedOffsets, topic: string): Promise<void> {
  const seen = (): ReadonlySet<string> => new Set(members.flatMap((member) => member.seen));
  await until("the group has read all of it", () => seen().size >= sent.size);
  expect([...seen()].filter((value) => !sent.has(value))).toEqual([]);
  await until("the group has committed all of it", () => committed.sum === sent.size);
  expect(members.flatMap(({ gaps }) => gaps)).toEqual([]);
  expect(commitsOf(topic).length).toBeGreaterThan(0);
}

/** As the coordinator's log has them: all of them, in their order. */
function commitsOf(group: string): readonly LoggedCommit[] {
  const partition = offsetsPartitionOf(group);
  const coordinator = running.state.resolve({ type: "leader", topic: OFFSETS_TOPIC, partition });
  if (coordinator === undefined) throw new Error(`nobody coordinates ${group}`);
  return loggedCommits(join(running.cluster.dataDirectory(coordinator), `${OFFSETS_TOPIC}-${partition}`), group);
}

describe.each(ROLES_OF_CLUSTERS)(CLUSTER_TITLE, (controllers) => {
  beforeAll(async () => {
    running = await startCluster(controllers);
  });
  afterAll(async () => {
    await running.stop();
  });

  const kills = (kind: ClientKind, role: KilledRole, protocol: GroupProtocol): void => {
    const isHere = kind.command !== undefined;
    const group = protocol === "classic" ? "its group" : "its group by KIP-848";
    const title = `${kind.name} loses, repeats and reorders nothing, and ${group} misses nothing, across a SIGKILL of the ${role}`;
    test.skipIf(!isHere)(isHere ? title : `${title}: IT IS NOT INSTALLED (${kind.missing} installs it)`, { timeout: TEST_TIMEOUT_MS }, () =>
      survives(kind, role, protocol),
    );
  };
  const kinds = clientKinds();
  const isOurs = (index: number): boolean => IS_FULL || index % 2 === (controllers === 0 ? 0 : 1);
  for (const [index, kind] of kinds.entries()) {
    const rolesByTurns = KILLED_ROLES.filter((_, at) => IS_FULL || at === (index + (controllers === 0 ? 0 : 1)) % KILLED_ROLES.length);
    for (const role of isOurs(index) ? rolesByTurns : []) kills(kind, role, "classic");
  }
  for (const [index, kind] of kinds.filter(({ lacks }) => !lacks.includes("consumer-protocol")).entries())
    if (isOurs(index)) kills(kind, KILLED_UNDER_CONSUMER_PROTOCOL, "consumer");
});
