import { newMetadataResponse, newMetadataResponsePartition, newMetadataResponseTopic } from "@samsa/protocol";
import { micros, type Now, uuid, wallMs } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { ASSIGNORS, ClusterMetadata, encodeSubscription } from "../../src/index.ts";
import { LeaderTask } from "../../src/group/leader-task.ts";

const ID = uuid("AAAAAAAAAAAAAAAAAAAAAQ");
const OTHER_ID = uuid("AAAAAAAAAAAAAAAAAAAAAg");
const NOW: Now = { monotonicUs: micros(0), wallMs: wallMs(0) };

/** Tells how often it was looked at. */
class CountedMetadata extends ClusterMetadata {
  looks = 0;

  override partitionCountOf(name: string): number | undefined {
    this.looks++;
    return super.partitionCountOf(name);
  }
}

function setup() {
  const metadata = new CountedMetadata();
  const tell = (partitions: number, { topicId = ID, name = "t", epoch = 0 } = {}): void => {
    const members = Array.from({ length: partitions }, (_, partitionIndex) =>
      newMetadataResponsePartition({ partitionIndex, leaderId: 1, leaderEpoch: epoch }),
    );
    metadata.apply(newMetadataResponse({ topics: [newMetadataResponseTopic({ name, topicId, partitions: members })] }));
  };
  const subscription = encodeSubscription({ topics: ["t"], ownedPartitions: [], generationId: -1, rackId: null });
  const members = [{ memberId: "m", groupInstanceId: null, metadata: subscription }];
  const cluster = { metadata, wantAwhile: () => () => undefined };
  const task = new LeaderTask({ cluster, config: { maxPollIntervalMs: 1_000 } }, ASSIGNORS.range, { members, skipAssignment: false });
  return { metadata, tell, task };
}

describe("what a leader has shared out", () => {
  it("waits for its topics to be known", () => {
    const { tell, task } = setup();
    expect([task.assignments(NOW), task.isOutdated(NOW)]).toEqual([undefined, false]);
    tell(2);
    expect(task.assignments(NOW)?.get("m")?.length).toBe(2);
  });

  it("is outdated by more partitions and by another topic of the same name, not by another leader", () => {
    for (const [change, isOutdated] of [
      [{ partitions: 3 }, true],
      [{ partitions: 2, topicId: OTHER_ID }, true],
      [{ partitions: 2, epoch: 1 }, false],
      [{ partitions: 3, name: "other" }, false],
    ] as const) {
      const { tell, task } = setup();
      tell(2);
      task.assignments(NOW);
      const { partitions, ...of } = change;
      tell(partitions, of);
      expect([change, task.isOutdated(NOW)]).toEqual([change, isOutdated]);
    }
  });

  it("is compared once with what is new, however often it is asked", () => {
    const { metadata, tell, task } = setup();
    tell(2);
    task.assignments(NOW);
    tell(2, { epoch: 1 });
    const before = metadata.looks;
    for (let i = 0; i < 100; i++) task.isOutdated(NOW);
    expect(metadata.looks - before).toBe(1);
  });
});
