import { micros, nodeId, type Now, Prng, wallMs, ZERO_UUID } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { FetchSessionCache } from "../../src/fetch-session/fetch-session-cache.ts";
import { FetchSession, nextSessionEpoch } from "../../src/fetch-session/fetch-session.ts";
import { FetchPurgatory } from "../../src/purgatory/fetch-purgatory.ts";

const purgatory = new FetchPurgatory();
const at = (seconds: number): Now => ({ monotonicUs: micros(seconds * 1_000_000), wallMs: wallMs(0) });
const CLIENT = { type: "consumer", isReadCommitted: false, rackId: "" } as const;
const FOLLOWER = { type: "replica", replicaId: nodeId(2), replicaEpoch: 0 } as const;

const partition = (index: number) => ({
  partition: index,
  currentLeaderEpoch: -1,
  fetchOffset: 0,
  lastFetchedEpoch: -1,
  logStartOffset: -1,
  partitionMaxBytes: 1,
  replicaDirectoryId: ZERO_UUID,
  highWatermark: -1,
});

const cacheOf = (slots: number, maxClientPartitions = 100, maxFollowerPartitions = 100) =>
  new FetchSessionCache({ slots, maxClientPartitions, maxFollowerPartitions, prng: new Prng(1), purgatory });

function admit(cache: FetchSessionCache, seconds: number, { reader = CLIENT as typeof CLIENT | typeof FOLLOWER, size = 1 } = {}): FetchSession {
  const session = new FetchSession({ reader, usesTopicIds: false, wakesByHighWatermark: false, purgatory, now: at(seconds) });
  session.update({ topics: [{ topic: "a", topicId: ZERO_UUID, partitions: Array.from({ length: size }, (_, i) => partition(i)) }], forgottenTopicsData: [] });
  cache.admit(session, at(seconds));
  return session;
}

const use = (cache: FetchSessionCache, session: FetchSession, seconds: number): boolean => {
  const resumed = cache.resume(session.id, { epoch: session.epoch, usesTopicIds: false, reader: session.reader });
  if (typeof resumed === "string") return false;
  resumed.readAs(session.reader, at(seconds));
  return true;
};

describe("The cache of fetch sessions", () => {
  it("gives away the place of the one that was used least recently, after two minutes", () => {
    const cache = cacheOf(2);
    const [first, second] = [admit(cache, 0), admit(cache, 0)];
    expect(use(cache, first, 60)).toBe(true);
    expect(admit(cache, 120).id).toBe(0);
    const third = admit(cache, 121);
    expect([use(cache, first, 121), use(cache, second, 121), use(cache, third, 121)]).toEqual([true, false, true]);
  });

  it("gives followers the places of clients at once, of the smallest first, and clients never one of a young follower", () => {
    const cache = cacheOf(2);
    const [large, small] = [admit(cache, 0, { size: 3 }), admit(cache, 0)];
    const follower = admit(cache, 1, { reader: FOLLOWER });
    expect([use(cache, large, 1), use(cache, small, 1), use(cache, follower, 1)]).toEqual([true, false, true]);
    const another = admit(cache, 1, { reader: FOLLOWER });
    expect([use(cache, large, 1), use(cache, another, 1)]).toEqual([false, true]);
    expect(admit(cache, 1, { size: 9 }).id).toBe(0);
    expect(admit(cache, 1, { reader: FOLLOWER, size: 9 }).id).toBe(0);
  });

  it("gives the place of one older than two minutes to a larger one, though it is used", () => {
    const cache = cacheOf(1);
    const old = admit(cache, 0, { size: 2 });
    for (const seconds of [60, 120]) use(cache, old, seconds);
    expect(admit(cache, 120, { size: 3 }).id).toBe(0);
    expect(admit(cache, 121, { size: 2 }).id).toBe(0);
    expect(admit(cache, 121, { size: 3 }).id).toBeGreaterThan(0);
    expect(use(cache, old, 121)).toBe(false);
  });

  it("keeps no more partitions than its bound, of new sessions or of one that grows", () => {
    const cache = cacheOf(10, 5);
    const session = admit(cache, 0, { size: 3 });
    expect(admit(cache, 0, { size: 3 }).id).toBe(0);
    expect(cache.partitions).toBe(3);
    session.update({ topics: [{ topic: "b", topicId: ZERO_UUID, partitions: [0, 1, 2].map(partition) }], forgottenTopicsData: [] });
    expect(cache.resized(session, 3, at(0))).toBe(false);
    expect([cache.size, cache.partitions]).toEqual([0, 0]);
  });

  it("gives room for partitions as it gives places: at first that of sessions nobody uses, then that of old and smaller ones", () => {
    const cache = cacheOf(10, 6);
    const [unused, old] = [admit(cache, 0, { size: 3 }), admit(cache, 0, { size: 3 })];
    use(cache, old, 60);
    expect(admit(cache, 120, { size: 3 }).id).toBe(0);
    const third = admit(cache, 121, { size: 3 });
    expect([use(cache, unused, 121), use(cache, old, 121), use(cache, third, 121)]).toEqual([false, true, true]);
    expect(admit(cache, 121, { size: 3 }).id).toBe(0);
    expect(admit(cache, 121, { size: 7 }).id).toBe(0);
    expect([use(cache, old, 122), use(cache, third, 122)]).toEqual([true, true]);
    const larger = admit(cache, 122, { size: 4 });
    // The old one goes, and with it no room enough: the young one stays.
    expect([larger.id, use(cache, old, 122), use(cache, third, 122), cache.partitions]).toEqual([0, false, true, 3]);
  });

  it("makes room for a session that grows of those nobody uses", () => {
    const cache = cacheOf(10, 5);
    const unused = admit(cache, 0, { size: 3 });
    const session = admit(cache, 121, { size: 2 });
    session.update({ topics: [{ topic: "b", topicId: ZERO_UUID, partitions: [partition(0)] }], forgottenTopicsData: [] });
    expect(cache.resized(session, 2, at(121))).toBe(true);
    session.update({ topics: [{ topic: "b", topicId: ZERO_UUID, partitions: [1, 2].map(partition) }], forgottenTopicsData: [] });
    expect(cache.resized(session, 3, at(121))).toBe(true);
    expect([use(cache, unused, 121), use(cache, session, 121), cache.partitions]).toEqual([false, true, 5]);
  });

  it("keeps for followers room that clients can't take, whatever they name", () => {
    const cache = cacheOf(10, 5, 4);
    const client = admit(cache, 0, { size: 5 });
    const follower = admit(cache, 0, { reader: FOLLOWER, size: 4 });
    expect([use(cache, client, 1), use(cache, follower, 1), cache.partitions]).toEqual([true, true, 9]);
    expect(admit(cache, 1, { reader: FOLLOWER, size: 1 }).id).toBe(0);
    expect([use(cache, client, 1), use(cache, follower, 1)]).toEqual([true, true]);
  });

  it("counts epochs of a session from 1, and after the largest int32 again", () => {
    expect([nextSessionEpoch(0), nextSessionEpoch(1), nextSessionEpoch(2 ** 31 - 1)]).toEqual([1, 2, 1]);
  });
});
