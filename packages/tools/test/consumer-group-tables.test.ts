import { describe, expect, test } from "vitest";
import { keyOf, type TopicPartition } from "../src/admin/ask-leaders.ts";
import type { GroupDescription, GroupMember } from "../src/admin/group-descriptions.ts";
import { membersTable } from "../src/consumer-groups/members-table.ts";
import { offsetsTable, partitionsOf } from "../src/consumer-groups/offsets-table.ts";
import { stateTable } from "../src/consumer-groups/state-table.ts";

const LONG = "x".repeat(30);

const member = (id: string, assignment: readonly TopicPartition[], rest: Partial<GroupMember> = {}): GroupMember => ({
  id,
  instanceId: null,
  clientId: "c",
  host: "/h",
  assignment,
  epoch: undefined,
  targetAssignment: [],
  isUpgraded: undefined,
  ...rest,
});
const group = (id: string, members: readonly GroupMember[], rest: Partial<GroupDescription> = {}): GroupDescription => ({
  id,
  coordinator: { id: 3, host: "h", port: 9092 },
  assignor: "",
  state: "Stable",
  members,
  groupEpoch: undefined,
  targetAssignmentEpoch: undefined,
  ...rest,
});
const at = (topic: string, partition: number): TopicPartition => ({ topic, partition });
const committedAt = (topic: string, partition: number) => ({ ...at(topic, partition), offset: 3, leaderEpoch: 7 });

describe("the partitions of a group", () => {
  test("are those of its members, of whoever has most of them first, and then what was committed besides", () => {
    const members = [member("idle", []), member("small", [at("b", 10)]), member("large", [at("b", 9), at("b", 2), at("a", 11)])];
    const committed = new Map([committedAt("b", 9), committedAt("a", 2), committedAt("a", 1)].map((each) => [keyOf(each), each]));
    expect(partitionsOf(group("g", members), committed).map(({ topic, partition, id }) => `${topic}-${partition} ${id}`)).toEqual([
      "a-11 large",
      "b-2 large",
      "b-9 large",
      "b-10 small",
      "a-1 -",
      "a-2 -",
    ]);
  });

  test("are told with what is missing left open, in columns as wide as need be", () => {
    const consumer = { id: "m", host: "/h", clientId: "c", group: "g" };
    const rows = [
      { ...at(LONG, 0), ...consumer, committed: committedAt(LONG, 0), logEndOffset: 10 },
      { ...at("t", 1), ...consumer, committed: committedAt("t", 1), logEndOffset: undefined },
      { ...at("t", 2), ...consumer, committed: undefined, logEndOffset: 4 },
    ];
    expect(offsetsTable(rows, true).split("\n")).toEqual([
      "",
      `GROUP           ${"TOPIC".padEnd(30)} PARTITION  LEADER-EPOCH    CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID`,
      `g               ${LONG} 0          7               3               10              7               m               /h              c`,
      `g               ${"t".padEnd(30)} 1          7               3               -               -               m               /h              c`,
      `g               ${"t".padEnd(30)} 2          -               -               4               -               m               /h              c`,
      "",
    ]);
  });
});

test("members of both protocols in one group are told apart", () => {
  const mixed = group(
    "g",
    [member("a", [at("t", 10), at("t", 9), at("s", 0)], { epoch: 2, isUpgraded: true }), member("b", [], { epoch: 1, isUpgraded: false })],
    {
      targetAssignmentEpoch: 4,
    },
  );
  expect(membersTable(mixed, true).split("\n")).toEqual([
    "",
    "GROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     CURRENT-EPOCH   CURRENT-ASSIGNMENT   TARGET-EPOCH    TARGET-ASSIGNMENT    UPGRADED",
    "g               a               /h              c               3               2               s:0;t:9,10           4               -                    true",
    "g               b               /h              c               0               1               -                    4               -                    false",
    "",
  ]);
});

test("the columns of a state are as wide as the longest name", () => {
  const far = group(LONG, [], { coordinator: { id: 3, host: LONG, port: 9092 } });
  expect(stateTable(far, false).split("\n")).toEqual([
    "",
    `${"GROUP".padEnd(30)} ${"COORDINATOR (ID)".padEnd(40)} ASSIGNMENT-STRATEGY  STATE                #MEMBERS`,
    `${LONG} ${LONG}:9092  (3) -                    Stable               0`,
    "",
  ]);
});
