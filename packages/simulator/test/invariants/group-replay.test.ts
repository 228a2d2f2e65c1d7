import { EMPTY_GROUPS, encodeGroupRecord, type GroupRecord, type GroupsState, replayGroupRecords } from "@samsa/coordinators";
import { encodeBatch } from "@samsa/protocol/records";
import { concatBytes, ZERO_UUID } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { combined } from "../../src/cluster/cluster-shape.ts";
import { Ghost } from "../../src/invariants/ghost.ts";
import { GroupReplay } from "../../src/invariants/group-replay.ts";

const offsetOf = (offset: number | null): GroupRecord => ({
  name: "OffsetCommit",
  key: { group: "group", topic: "orders", partition: 0 },
  value: offset === null ? null : { offset, leaderEpoch: -1, metadata: "", commitTimestamp: 0, expireTimestamp: -1, topicId: ZERO_UUID },
});
const generation = (value: number): GroupRecord => ({
  name: "GroupMetadata",
  key: { group: "group" },
  value: { protocolType: "consumer", generation: value, protocol: null, leader: null, currentStateTimestamp: 0, members: [] },
});
const epoch = (value: number): GroupRecord => ({ name: "ConsumerGroupMetadata", key: { groupId: "modern" }, value: { epoch: value, metadataHash: 0n } });
const target = (memberId: string): GroupRecord => ({
  name: "ConsumerGroupTargetAssignmentMember",
  key: { groupId: "modern", memberId },
  value: { topicPartitions: [] },
});

interface Look {
  /** One batch each. */
  readonly log: readonly GroupRecord[];
  /** What the coordinator has as committed; null: there is none. Else what the log says. */
  readonly holds?: readonly GroupRecord[] | null;
  /** Else all. */
  readonly highWatermark?: number;
  /** When the coordinator became active, in the same turn; else the same. */
  readonly highWatermarkThen?: number;
  /** In which the groups are coordinated here; null: they are not. Else in that of the leader. */
  readonly activeEpoch?: number | null;
  /** Where the leader's epoch starts. */
  readonly epochStart?: number;
  readonly role?: "leader" | "follower";
  readonly isOnDisk?: boolean;
  /** Compaction puts another file in the place of the log's. */
  readonly isReplaced?: boolean;
}

const stateOf = (records: readonly GroupRecord[]): GroupsState => records.reduce((state, record) => replayGroupRecords(state, [record]), EMPTY_GROUPS);

/** What is reported, and what is counted, when a coordinator says that it is active, or in the end. */
function look(
  when: "active" | "end",
  { log, holds = log, highWatermark = log.length, epochStart = 0, role = "leader", isOnDisk = true, isReplaced = false, ...more }: Look,
) {
  const { highWatermarkThen = highWatermark, activeEpoch = holds === null ? null : 3 } = more;
  const reports: string[] = [];
  const marks: string[] = [];
  const check = new GroupReplay(
    (invariant) => reports.push(invariant),
    (mark) => marks.push(mark),
  );
  const batches = log.map((record, baseOffset) => {
    const bytes = encodeBatch({ baseOffset, records: [{ ...encodeGroupRecord(record), timestamp: 0 }] });
    return { baseOffset, endOffset: baseOffset + 1, sizeInBytes: bytes.length, bytes };
  });
  const hosted = {
    key: "groups:0",
    topic: "__consumer_offsets",
    partition: 0,
    replica: { role, leaderEpoch: 3, highWatermark },
    log: {
      isReady: true,
      logStartOffset: 0,
      appendedEnd: log.length,
      epochEntries: [{ epoch: 3, startOffset: epochStart }],
      segmentSpans: () => [{ path: "log", baseOffset: 0, knownOffset: 0, knownPosition: 0, endOffset: log.length }],
      batchesIn: (from: number, to: number) => batches.filter(({ baseOffset, endOffset }) => endOffset > from && baseOffset < to),
    },
  };
  const coordinator = holds === null ? undefined : { committed: stateOf(holds) };
  const view = {
    id: 1,
    incarnation: 1,
    node: { broker: { replicas: { all: () => [hosted] }, groups: { active: () => coordinator, activeEpoch: () => activeEpoch ?? undefined } } },
    fileOf: (path: string, length: number) =>
      isOnDisk && path === (isReplaced ? "log.deleted" : "log") ? concatBytes(batches.map(({ bytes }) => bytes)).subarray(0, length) : undefined,
  } as unknown as NodeView;
  const event = { kind: "group-coordinator", partition: 0, leaderEpoch: 3, isActive: true, highWatermark: highWatermarkThen } as const;
  if (when === "end") check.atEnd(view);
  else check.afterTurn(view, new Ghost(combined(3)), { effects: [{ type: "trace", event }], changed: [] });
  return { reports, marks };
}

describe.each(["active", "end"] as const)("what a coordinator of groups has as committed (I-G5), %s", (when) => {
  it("is what its log says", () => {
    expect(look(when, { log: [offsetOf(3), generation(1), epoch(1), target("one"), offsetOf(7)] }).reports).toEqual([]);
  });

  it("is what its log says while compaction puts another file in the place of one of its segments", () => {
    expect(look(when, { log: [offsetOf(3), offsetOf(7)], isReplaced: true }).reports).toEqual([]);
    expect(look(when, { log: [offsetOf(3), offsetOf(7)], holds: [offsetOf(3)], isReplaced: true }).reports).toEqual(["I-G5"]);
  });

  it("has every offset of the log, and the last one of each partition", () => {
    expect(look(when, { log: [offsetOf(3), offsetOf(7)], holds: [] }).reports).toEqual(["I-G5"]);
    expect(look(when, { log: [offsetOf(3), offsetOf(7)], holds: [offsetOf(3)] }).reports).toEqual(["I-G5"]);
  });

  it("has nothing that the log deletes, or never had", () => {
    expect(look(when, { log: [offsetOf(3), offsetOf(null)], holds: [offsetOf(3)] }).reports).toEqual(["I-G5"]);
    expect(look(when, { log: [], holds: [generation(1)] }).reports).toEqual(["I-G5"]);
  });

  it("has nothing of what is not committed yet", () => {
    expect(look(when, { log: [offsetOf(3), offsetOf(7)], highWatermark: 1, holds: [offsetOf(3)] }).reports).toEqual([]);
    expect(look(when, { log: [offsetOf(3), offsetOf(7)], highWatermark: 1 }).reports).toEqual(["I-G5"]);
  });

  it("has the groups of the new protocol too, with their members", () => {
    expect(look(when, { log: [epoch(1), epoch(2)], holds: [epoch(1)] }).reports).toEqual(["I-G5"]);
    expect(look(when, { log: [epoch(1), target("one")], holds: [epoch(1)] }).reports).toEqual(["I-G5"]);
  });

  it("lies on the node's disk", () => {
    expect(look(when, { log: [offsetOf(3)], isOnDisk: false }).reports).toEqual(["I-G5"]);
  });

  it("is counted as compared where there is any", () => {
    expect(look(when, { log: [offsetOf(3)] }).marks).toEqual([when === "end" ? "groups replayed in the end" : "groups replayed"]);
    expect(look(when, { log: [] }).marks).toEqual([]);
  });
});

it("generations of a group only grow (I-G3)", () => {
  expect(look("active", { log: [generation(1), generation(1), generation(2)] }).reports).toEqual([]);
  expect(look("active", { log: [generation(2), generation(1)] }).reports).toEqual(["I-G3"]);
});

it("nobody coordinates groups before all below its epoch's start is committed (I-G6)", () => {
  expect(look("active", { log: [offsetOf(3), offsetOf(7)], epochStart: 1, highWatermark: 1, holds: [offsetOf(3)] }).reports).toEqual([]);
  expect(look("active", { log: [offsetOf(3), offsetOf(7)], epochStart: 2, highWatermark: 1, holds: [offsetOf(3)] }).reports).toEqual(["I-G6"]);
});

it("what is committed later in the same turn does not count (I-G6)", () => {
  expect(look("active", { log: [offsetOf(3), offsetOf(7)], epochStart: 2, highWatermarkThen: 1 }).reports).toEqual(["I-G6"]);
});

it("nobody coordinates in the end who does not lead, or in an epoch that is over (I-G6)", () => {
  expect(look("end", { log: [offsetOf(3)], role: "follower" }).reports).toEqual(["I-G6"]);
  expect(look("end", { log: [offsetOf(3)], activeEpoch: 2 }).reports).toEqual(["I-G6"]);
});

it("who leads in the end coordinates, and nobody else has to (I-G6)", () => {
  expect(look("end", { log: [offsetOf(3)], holds: null }).reports).toEqual(["I-G6"]);
  expect(look("end", { log: [offsetOf(3)], holds: null, role: "follower" }).reports).toEqual([]);
  expect(look("active", { log: [offsetOf(3)], holds: null }).reports).toEqual([]);
});
