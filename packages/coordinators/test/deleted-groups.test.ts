import { expect, test } from "vitest";
import { deletedGroups, type GroupRecord } from "../src/index.ts";

const classic = (group: string, isThere: boolean): GroupRecord => ({
  name: "GroupMetadata",
  key: { group },
  value: isThere ? { protocolType: "consumer", generation: 1, protocol: null, leader: null, currentStateTimestamp: 0, members: [] } : null,
});
const consumer = (groupId: string, isThere: boolean): GroupRecord => ({
  name: "ConsumerGroupMetadata",
  key: { groupId },
  value: isThere ? { epoch: 1, metadataHash: 0n } : null,
});
const offsetTombstone = (group: string): GroupRecord => ({ name: "OffsetCommit", key: { group, topic: "orders", partition: 0 }, value: null });

test("a group is deleted whose metadata go, whatever else goes with them", () => {
  expect(deletedGroups([offsetTombstone("a"), classic("a", false), consumer("b", false), offsetTombstone("c")])).toEqual(["a", "b"]);
});

test("a group that is written, or changes its protocol, is not deleted", () => {
  expect(deletedGroups([classic("a", true), offsetTombstone("b")])).toEqual([]);
  expect(deletedGroups([classic("a", false), consumer("a", true)])).toEqual([]);
  expect(deletedGroups([classic("a", true), consumer("a", false)])).toEqual([]);
});
