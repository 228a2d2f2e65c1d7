import { newJoinGroupRequest, newOffsetCommitRequest, newSyncGroupRequest } from "@samsa/protocol";
import { uuid } from "@samsa/stdx";
import { type TestClient, TestBroker, TOPIC, TOPIC_ID, topicRecords } from "./test-broker.ts";

export const GROUP = "group";
export const OFFSETS_TOPIC_ID = "AAAAAAAAAAAAAAAAAAAABA";

/** A broker that coordinates every group, and a client of it. */
export function coordinatorClient(): { readonly host: TestBroker; readonly client: TestClient } {
  const offsets = topicRecords({ name: "__consumer_offsets", id: OFFSETS_TOPIC_ID });
  const host = TestBroker.serving({ topics: [...topicRecords(), ...offsets] });
  return { host, client: host.client() };
}

export const joinRequest = (version: number, memberId = "") =>
  newJoinGroupRequest({
    groupId: GROUP,
    sessionTimeoutMs: 10_000,
    ...(version >= 1 ? { rebalanceTimeoutMs: 20_000 } : {}),
    memberId,
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: Uint8Array.of(0, 0, 0, 0, 0, 0) }],
  });

/** A group of one member that has its assignment; the member's id. */
export function stableGroup(host: TestBroker, client: TestClient): string {
  const before = client.answers.length;
  client.ask("JoinGroup", 3, joinRequest(3));
  host.pass(3_000);
  const { memberId, generationId } = client.answers[before] as { memberId: string; generationId: number };
  const assignments = [{ memberId, assignment: Uint8Array.of(7) }];
  client.call("SyncGroup", 3, newSyncGroupRequest({ groupId: GROUP, generationId, memberId, assignments }));
  return memberId;
}

export const commitRequest = (version: number, committedOffset: number, groupId = GROUP, topic = TOPIC) =>
  newOffsetCommitRequest({
    groupId,
    topics: [
      {
        name: version >= 10 ? "" : topic,
        topicId: uuid(version >= 10 ? TOPIC_ID : "AAAAAAAAAAAAAAAAAAAAAA"),
        partitions: [{ partitionIndex: 0, committedOffset, committedLeaderEpoch: -1, committedMetadata: "note" }],
      },
    ],
  });
