import { afterEach, describe, expect, test } from "vitest";
import { RestartLoad } from "../../src/endurance/restart-load.ts";
import { consumeLoad, createLoadTopic, waitForLeaders } from "../../src/load/index.ts";
import { runQuorumCommand } from "../../src/process-world/quorum-command.ts";
import type { NodeEvent } from "../../src/run/node-event.ts";
import { type RunningCluster, startCluster } from "./running-cluster.ts";
import { addressOf, createTopicAt, highWatermarkAt, leadersToldBy, produceAt } from "./wire-questions.ts";

const BUNDLE = "dist/samsa.mjs";
const TIMEOUT_MS = 20_000;
/** Longer than the nodes' patience and the sessions of the brokers, and within their first reminder. */
const WITHOUT_QUORUM_MS = 6_000;
const CREATE_TIMEOUT_MS = 3_000;
const ACK_TIMEOUT_MS = 1_000;
/** Records that one broker takes by itself. */
const ALONE = 20;
const MAX_PARTITION_BYTES = 64 * 1024;

let running: RunningCluster;
let load: RestartLoad | undefined;

afterEach(async () => {
  load?.abandon();
  load = undefined;
  await running.stop();
});

const idsOf = (): readonly number[] => running.cluster.nodes.map(({ id }) => id);
const told = (kind: NodeEvent["kind"], since: number): readonly number[] =>
  running.events
    .slice(since)
    .filter((event) => event.kind === kind)
    .map(({ node }) => node);

async function until(condition: () => boolean): Promise<void> {
  expect(await running.cluster.until(condition, TIMEOUT_MS)).toBe(true);
}

/** SIGKILL of the active controller and of one more of three; whoever is left has no majority. */
async function loseMajority(voters: readonly number[]): Promise<readonly number[]> {
  const { cluster, state } = running;
  const active = state.activeController;
  const victims = [active, ...voters.filter((id) => id !== active).slice(0, 1)];
  await Promise.all(victims.map((id) => cluster.node(id).kill("SIGKILL")));
  state.nodeEnded(active);
  return victims;
}

/** One line of the log says that the quorum is lost, whom the node misses, and what goes on. */
function expectOneLine(id: number, victims: readonly number[]): void {
  const lines = running.cluster
    .node(id)
    .log.split("\n")
    .filter((line) => line.includes("the metadata quorum has had no leader"));
  expect(lines, `node ${id}`).toHaveLength(1);
  expect(lines[0]).toContain(`voters ${victims.toSorted((a, b) => a - b).join(", ")} can't be reached`);
  expect(lines[0]).toContain("Partitions go on with the leaders they have");
}

/** What an operator sees, and what an administrator's client is told: to try again. */
async function expectSaidClearly(victims: readonly number[], brokers: readonly string[], topic: string): Promise<void> {
  const { code, stdout } = await runQuorumCommand(running.cluster, BUNDLE);
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/The metadata quorum of cluster \S+ has no leader that answers \(epoch \d+\)/) });
  expect(stdout).toContain(`1 of 3 voters answer, 2 are needed; ${victims.toSorted((a, b) => a - b).join(", ")} can't be reached`);
  const before = running.state.partition(topic, 0)?.leader;
  for (const broker of brokers) {
    expect((await leadersToldBy(broker, topic))[0]).toBe(before);
    expect(await createTopicAt(broker, "too-early", CREATE_TIMEOUT_MS)).toBe("REQUEST_TIMED_OUT");
  }
}

/** The killed ones return: a leader within moments, and what was refused is done. */
async function bringBack(victims: readonly number[], brokers: readonly string[]): Promise<void> {
  for (const id of victims) running.cluster.node(id).start();
  await until(() => running.state.activeController > 0);
  await expect.poll(() => createTopicAt(brokers[0] ?? "", "in-time", CREATE_TIMEOUT_MS), { timeout: TIMEOUT_MS }).toBe("NONE");
  expect((await runQuorumCommand(running.cluster, BUNDLE)).code).toBe(0);
}

describe("A majority of the controllers is killed and started again", () => {
  test("brokers apart lead, acknowledge and answer as before, say what is lost, and nobody is fenced", async () => {
    running = await startCluster(3);
    const { cluster, events } = running;
    load = new RestartLoad({ client: "kafkajs", bootstrap: cluster.bootstrap, nowMs: () => performance.now(), onAck: () => cluster.poke() });
    const writer = load;
    const { topic } = writer;
    await createLoadTopic(cluster.bootstrap.map(addressOf), topic, TIMEOUT_MS);
    const leaders = await waitForLeaders(cluster.bootstrap.map(addressOf), topic, TIMEOUT_MS);
    await writer.start();
    await until(() => writer.acked > 300);
    const since = events.length;
    const victims = await loseMajority([4, 5, 6]);
    const survivors = idsOf().filter((id) => !victims.includes(id));
    await until(() => survivors.every((id) => told("quorum-lost", since).includes(id)));
    writer.gaps.restart();
    const ackedBefore = writer.acked;
    // Throws at the first fetch that fails.
    const consumed = await consumeLoad({ topic, leaders, maxPartitionBytes: MAX_PARTITION_BYTES, warmUpMs: 0, forMs: WITHOUT_QUORUM_MS });
    expect(consumed.records).toBeGreaterThan(0);
    expect(writer.acked).toBeGreaterThan(ackedBefore + 300);
    expect(writer.gaps.longestGaps()).toHaveLength(topic.partitions);
    for (const id of survivors) expectOneLine(id, victims);
    await expectSaidClearly(victims, cluster.bootstrap, topic.name);
    expect(await leadersToldBy(cluster.bootstrap[0] ?? "", topic.name)).toHaveLength(topic.partitions);
    await bringBack(victims, cluster.bootstrap);
    await until(() => survivors.every((id) => told("quorum-found", since).includes(id)));
    // Those that return tell again of what they read in their logs: the first leaders, in epoch 0.
    const isFailover = (event: NodeEvent): boolean => event.kind === "broker-fenced" || (event.kind === "leader-elected" && event.leaderEpoch > 0);
    expect(events.slice(since).filter(isFailover)).toEqual([]);
    await writer.stop();
    expect({ failed: writer.failed, verdict: await writer.verdict() }).toMatchObject({
      failed: [],
      verdict: { isClean: true, counts: { unknown: 0, failed: 0 } },
    });
  });

  test("of three that are brokers too, the one left goes on with acks=1; acks=all waits for an ISR that nobody can shrink", async () => {
    running = await startCluster(0);
    const { cluster, state, events } = running;
    const topic = { name: "lonely", partitions: 3, replicationFactor: 3, minInsyncReplicas: 1 };
    await createLoadTopic(cluster.bootstrap.map(addressOf), topic, TIMEOUT_MS);
    await waitForLeaders(cluster.bootstrap.map(addressOf), topic, TIMEOUT_MS);
    const since = events.length;
    const victims = await loseMajority([1, 2, 3]);
    const [left = -1] = idsOf().filter((id) => !victims.includes(id));
    const broker = cluster.bootstrap[left - 1] ?? "";
    const partition = [0, 1, 2].find((index) => state.partition(topic.name, index)?.leader === left) ?? -1;
    await until(() => told("quorum-lost", since).includes(left));
    const produce = (acks: 1 | -1, value: string): Promise<string> =>
      produceAt(broker, { topic: topic.name, partition, value, acks, timeoutMs: ACK_TIMEOUT_MS });
    for (let count = 0; count < ALONE; count++) expect(await produce(1, `alone ${count}`)).toBe("NONE");
    expect(await produce(-1, "waits")).toBe("REQUEST_TIMED_OUT");
    expect(await produce(1, "still leads")).toBe("NONE");
    expectOneLine(left, victims);
    await expectSaidClearly(victims, [broker], topic.name);
    await bringBack(victims, [broker]);
    await until(() => told("quorum-found", since).includes(left));
    await expect.poll(() => produce(-1, "goes on"), { timeout: TIMEOUT_MS }).toBe("NONE");
    // What was acknowledged by the one that was left is there, and so is what it took and did not acknowledge.
    expect(await highWatermarkAt(broker, topic.name, partition)).toBeGreaterThanOrEqual(ALONE + 3);
  });
});
