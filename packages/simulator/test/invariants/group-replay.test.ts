import { EMPTY_GROUPS, encodeGroupRecord, type GroupRecord, type GroupsState, replayGroupRecords } from "@samsa/coordinators";
import { encodeBatch } from "@samsa/protocol/records";
import { concatBytes, ZERO_UUID } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { combined } from "../../src/cluster/cluster-shape.ts";
import type { BatchMark } from "../../src/invariants/ghost-partition.ts";
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
  /** Of the replica; else 3. */
  readonly leaderEpoch?: number;
  /** In which the batches were written; else in that. */
  readonly batchEpochs?: readonly number[];
  /** Where the leader's epoch starts. */
  readonly epochStart?: number;
  readonly role?: "leader" | "follower";
  /** Base offsets of the log's segments, by which their files are named; else one. */
  readonly segments?: readonly number[];
  /** By name, the first offset that a file of the disk has, and the one after its last; else a file of each segment. */
  readonly files?: Readonly<Record<string, readonly [number, number]>>;
}

const stateOf = (records: readonly GroupRecord[]): GroupsState => records.reduce((state, record) => replayGroupRecords(state, [record]), EMPTY_GROUPS);

const PLACE = { key: "groups:0", topic: "__consumer_offsets", partition: 0 };

/** What is reported, and what is counted, when coordinators say that they are active, and in the end. */
class Watched {
  readonly reports: string[] = [];
  readonly marks: string[] = [];
  readonly ghost = new Ghost(combined(3));
  private readonly check = new GroupReplay(
    (invariant) => this.reports.push(invariant),
    (mark) => this.marks.push(mark),
  );

  look(
    when: "active" | "end",
    { log, holds = log, highWatermark = log.length, epochStart = 0, role = "leader", segments = [0], leaderEpoch = 3, ...more }: Look,
  ): this {
    const { highWatermarkThen = highWatermark, activeEpoch = holds === null ? null : leaderEpoch } = more;
    const rangeOf = (at: number): readonly [number, number] => [segments[at] ?? 0, segments[at + 1] ?? log.length];
    const { files = Object.fromEntries(segments.map((name, at) => [name, rangeOf(at)])) } = more;
    const batches = log.map((record, baseOffset) => {
      const bytes = encodeBatch({
        baseOffset,
        partitionLeaderEpoch: more.batchEpochs?.[baseOffset] ?? leaderEpoch,
        records: [{ ...encodeGroupRecord(record), timestamp: 0 }],
      });
      return { baseOffset, endOffset: baseOffset + 1, sizeInBytes: bytes.length, bytes };
    });
    const bytesOf = ([from, to]: readonly [number, number]): Uint8Array => concatBytes(batches.slice(from, to).map(({ bytes }) => bytes));
    const spans = segments.map((name, at) => {
      const [baseOffset, endOffset] = rangeOf(at);
      return { path: String(name), baseOffset, endOffset, knownOffset: endOffset, knownPosition: bytesOf([baseOffset, endOffset]).length };
    });
    const hosted = {
      ...PLACE,
      replica: { role, leaderEpoch, highWatermark },
      log: {
        isReady: true,
        logStartOffset: 0,
        firstSegmentOffset: 0,
        appendedEnd: log.length,
        epochEntries: [{ epoch: leaderEpoch, startOffset: epochStart }],
        segmentSpans: (from: number, to: number) => spans.filter(({ baseOffset, endOffset }) => endOffset > from && baseOffset < to),
        batchesIn: () => [],
      },
    };
    const coordinator = holds === null ? undefined : { committed: stateOf(holds) };
    const view = {
      id: 1,
      incarnation: 1,
      node: { broker: { replicas: { all: () => [hosted] }, groups: { active: () => coordinator, activeEpoch: () => activeEpoch ?? undefined } } },
      fileOf: (path: string, length?: number) => {
        const bytes = files[path] && bytesOf(files[path]);
        return bytes === undefined || bytes.length < (length ?? 0) ? undefined : bytes.subarray(0, length);
      },
    } as unknown as NodeView;
    const event = { kind: "group-coordinator", partition: 0, leaderEpoch, isActive: true, highWatermark: highWatermarkThen } as const;
    if (when === "end") this.check.atEnd(view);
    else this.check.afterTurn(view, this.ghost, { effects: [{ type: "trace", event }], changed: [] });
    return this;
  }
}

const look = (when: "active" | "end", log: Look): Watched => new Watched().look(when, log);

describe.each(["active", "end"] as const)("what a coordinator of groups has as committed (I-G5), %s", (when) => {
  it("is what its log says", () => {
    expect(look(when, { log: [offsetOf(3), generation(1), epoch(1), target("one"), offsetOf(7)] }).reports).toEqual([]);
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
    expect(look(when, { log: [offsetOf(3)], files: {} }).reports).toEqual(["I-G5"]);
    const log = [offsetOf(3), generation(1), generation(2)];
    const segments = [0, 1, 2];
    expect(look(when, { log, segments }).reports).toEqual([]);
    expect(look(when, { log, segments, files: { 1: [1, 2], 2: [2, 3] } }).reports).toEqual(["I-G5"]);
    expect(look(when, { log, segments, files: { 0: [0, 1], 2: [2, 3] } }).reports).toEqual(["I-G5"]);
    expect(look(when, { log, segments, files: { 0: [0, 1], 1: [1, 2] } }).reports).toEqual(["I-G5"]);
  });

  it.each([
    ["none of them is there any more", { "0.swap": [0, 2], 2: [2, 3] }],
    ["the first one is still there", { "0.swap": [0, 2], 0: [0, 1], 2: [2, 3] }],
    ["another one is still there", { "0.swap": [0, 2], 1: [1, 2], 2: [2, 3] }],
    ["what takes their place has just got the name of the first one", { 0: [0, 2], 2: [2, 3] }],
  ] as const)("lies on the node's disk while compaction replaces segments, and %s", (_, files) => {
    const log = [generation(1), generation(2), offsetOf(3)];
    expect(look(when, { log, segments: [0, 1, 2], files }).reports).toEqual([]);
    expect(look(when, { log, segments: [0, 1, 2], files, holds: [generation(1), offsetOf(3)] }).reports).toEqual(["I-G5"]);
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

describe("where an unclean election has lost what compaction had left of a group (I-G3)", () => {
  const kept: BatchMark = { baseOffset: 0, endOffset: 1, leaderEpoch: 2, crc: 1 };
  const lost: BatchMark = { ...kept, baseOffset: 1, endOffset: 2 };
  const toldBy = ({ lostFrom = 1, lostIn = 3, compactedEnd = 2, compactedIn = 2, began = offsetOf(3), batchEpochs = [2, 3] }): readonly string[] => {
    const watched = new Watched();
    const committed = watched.ghost.partition(PLACE);
    for (const batch of [kept, lost]) committed.append(batch, 2);
    committed.compactedUpTo(compactedEnd, compactedIn);
    committed.forget(lostFrom, lostIn, "everybody lost power");
    watched.look("active", { log: [began], batchEpochs: [2] });
    return watched.look("active", { log: [generation(5), generation(1)], batchEpochs, leaderEpoch: 4 }).reports;
  };

  it("generations begin again, which others see that have the older ones still", () => {
    expect(toldBy({})).toEqual([]);
  });

  it("they do not where the leader of that epoch had the older ones", () => {
    expect(toldBy({ began: generation(5) })).toEqual(["I-G3"]);
    expect(toldBy({ batchEpochs: [2, 4] })).toEqual(["I-G3"]);
  });

  it("they do not where nothing was compacted, or nothing lost between the two", () => {
    expect(toldBy({ compactedEnd: 0 })).toEqual(["I-G3"]);
    expect(toldBy({ compactedIn: 1 })).toEqual(["I-G3"]);
    expect(toldBy({ lostFrom: 0 })).toEqual(["I-G3"]);
    expect(toldBy({ lostFrom: 2 })).toEqual(["I-G3"]);
    expect(toldBy({ lostIn: 4 })).toEqual(["I-G3"]);
    expect(toldBy({ lostIn: 2 })).toEqual(["I-G3"]);
  });
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
