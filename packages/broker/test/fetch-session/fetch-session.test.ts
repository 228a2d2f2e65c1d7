import { micros, type Now, wallMs, ZERO_UUID } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { FetchSession } from "../../src/fetch-session/fetch-session.ts";
import { FetchPurgatory, type ParkedFetch } from "../../src/purgatory/fetch-purgatory.ts";

const NOW: Now = { monotonicUs: micros(0), wallMs: wallMs(0) };
const CLIENT = { type: "consumer", isReadCommitted: false, rackId: "" } as const;

/** Of two partitions, in neither of which anything is to be looked at. */
function settled() {
  const purgatory = new FetchPurgatory();
  const session = new FetchSession({ reader: CLIENT, usesTopicIds: false, wakesByHighWatermark: false, purgatory, now: NOW });
  const asked = { currentLeaderEpoch: -1, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: -1, partitionMaxBytes: 1 };
  const partitions = [0, 1].map((partition) => ({ ...asked, partition, replicaDirectoryId: ZERO_UUID, highWatermark: -1 }));
  session.update({ topics: [{ topic: "a", topicId: ZERO_UUID, partitions }], forgottenTopicsData: [] });
  for (const one of session.all()) {
    session.found(one, `hosted ${one.asked.partition}`);
    session.settle(one);
  }
  session.startWatching();
  const parked: ParkedFetch = { tryAnswer: () => true, deadline: undefined };
  session.parked = parked;
  const due = () => session.toLookAt().map((one) => one.asked.partition);
  return { purgatory, session, parked, due };
}

describe("A fetch session", () => {
  it("looks at a partition whose log starts later, with the next fetch: nobody waits for that", () => {
    const { session, due } = settled();
    expect(session.changed("hosted 1", "log-start")).toBeUndefined();
    expect(due()).toEqual([1]);
  });

  it("looks at everything when it is read as of another isolation level, or from another rack", () => {
    const { session, due } = settled();
    session.readAs(CLIENT, NOW);
    expect(due()).toEqual([]);
    session.readAs({ ...CLIENT, isReadCommitted: true }, NOW);
    expect(due()).toEqual([0, 1]);
    const other = settled();
    other.session.readAs({ ...CLIENT, rackId: "r" }, NOW);
    expect(other.due()).toEqual([0, 1]);
  });

  it("is told nothing of partitions that it has forgotten", () => {
    const { purgatory, session, due } = settled();
    session.update({ topics: [], forgottenTopicsData: [{ topic: "a", topicId: ZERO_UUID, partitions: [1] }] });
    purgatory.wake("hosted 1", "state");
    expect([due(), session.size, purgatory.watchedPartitions]).toEqual([[], 1, 1]);
  });
});
