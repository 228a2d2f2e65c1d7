import { leaderEpoch, nodeId, partitionEpoch } from "@samsa/stdx";
import { expect, it } from "vitest";
import { batchOf, produceRequest } from "../support/requests.ts";
import { TestBroker, TOPIC_ID, topicRecords } from "../support/test-broker.ts";

/** Two batches of the tests are more. */
const SMALL_SEGMENTS = { logSegmentBytes: 200 };
const PARTITIONS = [0, 1];

/** A broker that finds the logs of an earlier one on its disk, those of partition 0 with a byte that is another, in a segment that is closed. */
function restarted(isr: readonly number[]): TestBroker {
  const topics = topicRecords({ partitions: PARTITIONS.map(() => [1, 2]) });
  const before = TestBroker.serving({ brokers: [1, 2], topics, config: SMALL_SEGMENTS });
  for (const partition of PARTITIONS)
    for (const value of ["a", "b", "c"]) before.client().call("Produce", 9, produceRequest(9, { acks: 1, partition, records: batchOf(value.repeat(60)) }));
  const after = new TestBroker(SMALL_SEGMENTS);
  for (const [path, bytes] of before.disk.files) after.disk.files.set(path, bytes.slice());
  const damaged = after.disk.files.get("orders-0/00000000000000000000.log");
  if (damaged === undefined) throw new Error("there is no such segment");
  damaged[damaged.length - 1] = 0x7f;
  const changed = (partition: number, epoch: number, leader: number, inSync: readonly number[]) => ({
    type: "partition-change" as const,
    topicId: TOPIC_ID,
    partition,
    leader: nodeId(leader),
    leaderEpoch: leaderEpoch(epoch),
    partitionEpoch: partitionEpoch(epoch),
    isr: inSync.map(nodeId),
    elr: [],
    lastKnownLeader: nodeId(-1),
  });
  const elected = PARTITIONS.flatMap((partition) => [changed(partition, 1, 2, [1, 2]), changed(partition, 2, 1, isr)]);
  after.open([1, 2], [...topics, ...elected]);
  return after;
}

const rolesOf = (host: TestBroker) => [...host.broker.replicas.all()].map(({ partition, replica }) => [partition, replica.role]);
const toldOf = (host: TestBroker) => host.asked.flatMap(({ request }) => (request.type === "assign-replicas-to-dirs" ? request.replicas : []));

it("a replica whose log is damaged is told to the controller as lost, for others in the ISR can lead; its neighbours are not", () => {
  const host = restarted([1, 2]);
  expect(rolesOf(host)).toEqual([
    [0, "offline"],
    [1, "leader"],
  ]);
  expect(toldOf(host)).toEqual([{ topicId: TOPIC_ID, partition: 0, directoryId: "AAAAAAAAAAAAAAAAAAAAAQ" }]);
});

it("the last replica in the ISR is not told as lost: nobody could lead in its place, and its disk may be mended", () => {
  const host = restarted([1]);
  expect(rolesOf(host)).toEqual([
    [0, "offline"],
    [1, "leader"],
  ]);
  expect(toldOf(host)).toEqual([]);
});
