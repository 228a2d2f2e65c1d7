import { brokerEpoch, nodeId } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { directory, Quorum } from "./support/quorum.ts";

/** Directories of broker 1 are 11 and 12, and so on; partition 0 of each lies in the first, partition 1 in the second. */
function quorumWithTwoDirectoriesEach(minInsyncReplicas = 2): Quorum {
  const quorum = Quorum.with([], { minInsyncReplicas });
  for (const id of [1, 2, 3]) quorum.join(id, { directory: 10 * id + 1, logDirs: [10 * id + 1, 10 * id + 2] });
  quorum.createTopic("t", {
    replicas: [
      [1, 2, 3],
      [1, 2, 3],
    ],
  });
  for (const id of [1, 2, 3]) {
    quorum.assign(id, 0, 10 * id + 1);
    quorum.assign(id, 1, 10 * id + 2);
  }
  return quorum;
}

describe("a log directory that fails (KIP-858)", () => {
  test("takes the broker's replicas that lie there out of ISR and leadership, and no others", () => {
    const quorum = quorumWithTwoDirectoriesEach();
    expect(quorum.partition("t", 1).leader).toBe(1);
    expect(quorum.failDirectories(1, 12)).toMatchObject({ error: "NONE", isFenced: false });
    expect(quorum.partition("t", 1)).toMatchObject({ leader: 2, isr: [2, 3] });
    expect(quorum.partition("t", 0)).toMatchObject({ leader: 1, isr: [1, 2, 3] });
    expect(quorum.isFenced(1)).toBe(false);
  });

  test("is taken once, however often it is told", () => {
    const quorum = quorumWithTwoDirectoriesEach();
    quorum.failDirectories(1, 12);
    const entries = quorum.entries.length;
    quorum.failDirectories(1, 12);
    expect(quorum.entries.length).toBe(entries);
  });

  test("leaves no claim to be eligible: what it wrote last may be gone", () => {
    const quorum = quorumWithTwoDirectoriesEach();
    quorum.failDirectories(3, 32);
    quorum.failDirectories(2, 22);
    expect(quorum.partition("t", 1)).toMatchObject({ leader: 1, isr: [1], elr: [] });
    quorum.expire(1);
    expect(quorum.partition("t", 1)).toMatchObject({ leader: -1, isr: [], elr: [1] });
  });

  test("keeps its replicas out of the ISR, also by a request of the leader that was under way", () => {
    const quorum = quorumWithTwoDirectoriesEach();
    quorum.failDirectories(3, 32);
    expect(quorum.alterError([1, 2, 3], { partition: 1 })).toBe("INELIGIBLE_REPLICA");
    expect(quorum.alterError([1, 2, 3], { partition: 0 })).toBe("NONE");
  });

  test("can't lead by an unclean election either", () => {
    const quorum = Quorum.with([], { minInsyncReplicas: 1, isUncleanElectionEnabled: true });
    quorum.join(1, { directory: 11, logDirs: [11, 12] });
    quorum.createTopic("t", { replicas: [[1]] });
    quorum.assign(1, 0, 12);
    quorum.failDirectories(1, 12);
    expect(quorum.partition()).toMatchObject({ leader: -1, isr: [], lastKnownLeader: 1 });
    quorum.register(1, 99, { directory: 11, logDirs: [11], hasOfflineDirs: true });
    quorum.expire(1);
    quorum.register(1, 100, { directory: 11, logDirs: [11], hasOfflineDirs: true });
    quorum.heartbeat(1);
    expect(quorum.partition()).toMatchObject({ leader: -1, isr: [] });
  });

  test("is asked of an assignment that comes after the failure", () => {
    const quorum = Quorum.with([]);
    for (const id of [1, 2, 3]) quorum.join(id, { directory: 10 * id + 1, logDirs: [10 * id + 1, 10 * id + 2] });
    quorum.createTopic("t", { replicas: [[1, 2, 3]] });
    quorum.failDirectories(1, 12);
    expect(quorum.partition()).toMatchObject({ leader: 1 });
    quorum.assign(1, 0, 12);
    expect(quorum.partition()).toMatchObject({ leader: 2, isr: [2, 3] });
  });
});

describe("a registration after a directory failed", () => {
  test("with the directory back lets who led last lead where nobody else is eligible", () => {
    const quorum = Quorum.with([], { minInsyncReplicas: 1 });
    quorum.join(1, { directory: 11, logDirs: [11, 12] });
    quorum.createTopic("t", { replicas: [[1]] });
    quorum.assign(1, 0, 12);
    quorum.failDirectories(1, 12);
    quorum.expire(1);
    quorum.join(1, { directory: 11, logDirs: [11, 12] });
    expect(quorum.partition()).toMatchObject({ leader: 1, isr: [1] });
  });

  test("with an empty one in its place makes nobody lead", () => {
    const quorum = Quorum.with([], { minInsyncReplicas: 1 });
    quorum.join(1, { directory: 11, logDirs: [11, 12] });
    quorum.createTopic("t", { replicas: [[1], [1]] });
    quorum.assign(1, 0, 11);
    quorum.assign(1, 1, 12);
    quorum.expire(1);
    quorum.join(1, { directory: 11, logDirs: [11, 13] });
    expect(quorum.partition("t", 0)).toMatchObject({ leader: 1, isr: [1] });
    expect(quorum.partition("t", 1)).toMatchObject({ leader: -1, isr: [], elr: [], lastKnownLeader: -1 });
  });

  test("counts a replica of which nobody said where it lies as lost with any directory that is gone", () => {
    const quorum = Quorum.with([]);
    for (const id of [1, 2, 3]) quorum.join(id, { directory: 10 * id + 1, logDirs: [10 * id + 1, 10 * id + 2] });
    quorum.createTopic("t", { replicas: [[1, 2, 3]] });
    quorum.expire(1);
    quorum.expire(2);
    quorum.expire(3);
    expect(quorum.partition().elr).toContain(3);
    quorum.register(3, 99, { directory: 31, logDirs: [31, 33] });
    expect(quorum.partition()).toMatchObject({ elr: [2], lastKnownLeader: -1 });
  });
});

describe("where replicas lie", () => {
  test("is told by the broker itself in its present epoch, and only where it has a replica", () => {
    const quorum = quorumWithTwoDirectoriesEach();
    const replicas = [{ topicId: quorum.topicId("t"), partition: 0, directoryId: directory(12) }];
    const stale = { type: "assign-replicas-to-dirs", brokerId: nodeId(1), brokerEpoch: brokerEpoch(77), replicas } as const;
    expect(quorum.ask(stale)).toMatchObject({ error: "STALE_BROKER_EPOCH" });
    expect(quorum.ask({ ...stale, brokerId: nodeId(9) }, 9)).toMatchObject({ error: "BROKER_ID_NOT_REGISTERED" });
    const entries = quorum.entries.length;
    expect(quorum.assign(1, 7, 11)).toMatchObject({ error: "NONE" });
    expect(quorum.assign(1, 0, 11)).toMatchObject({ error: "NONE" });
    expect(quorum.entries.length).toBe(entries);
  });

  test("changes no epoch of the partition: its leader's requests stay valid", () => {
    const quorum = quorumWithTwoDirectoriesEach();
    const { partitionEpoch } = quorum.partition();
    quorum.assign(1, 0, 12);
    expect(quorum.partition()).toMatchObject({ partitionEpoch });
    expect(quorum.partition().directories).toContainEqual({ brokerId: 1, directoryId: directory(12) });
  });
});
