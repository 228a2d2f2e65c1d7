import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AssignorName, ASSIGNORS, type Assignments, type SubscribedMember, type TopicPartition } from "../../src/index.ts";
import { elementsGoneThrough } from "../../../../test/support/elements-gone-through.ts";

const TOPICS = ["a", "b", "c"];
const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

interface Group {
  readonly members: readonly SubscribedMember[];
  readonly counts: ReadonlyMap<string, number>;
}

const groups: fc.Arbitrary<Group> = fc
  .record({
    subscriptions: fc.array(fc.record({ topics: fc.subarray(TOPICS), isStatic: fc.boolean() }), { minLength: 1, maxLength: 6 }),
    counts: fc.tuple(fc.nat(8), fc.nat(8), fc.nat(3)),
  })
  .map(({ subscriptions, counts }) => ({
    members: subscriptions.map(({ topics, isStatic }, index) => memberOf(index, topics, isStatic)),
    counts: new Map(TOPICS.map((topic, index) => [topic, counts[index] ?? 0])),
  }));

function memberOf(index: number, topics: readonly string[], isStatic: boolean): SubscribedMember {
  const instanceId = isStatic ? `instance-${9 - index}` : null;
  return { memberId: `member-${index}`, instanceId, topics, ownedPartitions: [], generationId: -1, rackId: null };
}

const wantedPartitions = ({ members, counts }: Group): readonly string[] =>
  TOPICS.filter((topic) => members.some(({ topics }) => topics.includes(topic))).flatMap((topic) =>
    Array.from({ length: counts.get(topic) ?? 0 }, (_, partition) => keyOf({ topic, partition })),
  );

/** What the members say when they join again: what they were given. */
const joinedAgain = (members: readonly SubscribedMember[], assignments: Assignments, generationId: number): readonly SubscribedMember[] =>
  members.map((member) => ({ ...member, ownedPartitions: assignments.get(member.memberId) ?? [], generationId }));

/** Generations until nothing has to be given up; every one of them leaves each partition with one member at most. */
function settle({ members, counts }: Group, firstGeneration = 1): { readonly members: readonly SubscribedMember[]; readonly generations: number } {
  let current = members;
  for (let generation = firstGeneration; generation < firstGeneration + 10; generation++) {
    const assignments = ASSIGNORS["cooperative-sticky"].assign(current, counts);
    expectExclusive(current, assignments);
    const next = joinedAgain(current, assignments, generation);
    const gaveUp = current.some(({ memberId, ownedPartitions }) => {
      const kept = new Set((assignments.get(memberId) ?? []).map(keyOf));
      return ownedPartitions.some((partition) => !kept.has(keyOf(partition)));
    });
    current = next;
    if (!gaveUp) return { members: current, generations: generation - firstGeneration + 1 };
  }
  throw new Error("the group does not come to rest");
}

/** Nobody is given what another one says to own, and nothing is given twice. */
function expectExclusive(members: readonly SubscribedMember[], assignments: Assignments): void {
  const all = [...assignments.values()].flat().map(keyOf);
  expect(new Set(all).size).toBe(all.length);
  for (const [memberId, partitions] of assignments) {
    const others = new Set(members.filter((other) => other.memberId !== memberId).flatMap(({ ownedPartitions }) => ownedPartitions.map(keyOf)));
    for (const partition of partitions) expect(others.has(keyOf(partition)), `${keyOf(partition)} is another's`).toBe(false);
  }
}

describe.each(["range", "roundrobin", "cooperative-sticky"] satisfies AssignorName[])("%s", (name) => {
  it("gives every wanted partition to exactly one member that wants it, and every member an entry (I-G2)", () => {
    fc.assert(
      fc.property(groups, (group) => {
        const assignments = ASSIGNORS[name].assign(group.members, group.counts);
        const all = [...assignments].flatMap(([, partitions]) => partitions.map(keyOf));
        expect([...all].sort()).toEqual([...wantedPartitions(group)].sort());
        expect([...assignments.keys()].sort()).toEqual(group.members.map(({ memberId }) => memberId).sort());
        for (const { memberId, topics } of group.members) for (const { topic } of assignments.get(memberId) ?? []) expect(topics).toContain(topic);
      }),
    );
  });

  it("gives the same whatever the order in which members are told", () => {
    fc.assert(
      fc.property(groups, ({ members, counts }) => {
        const { assign } = ASSIGNORS[name];
        const sorted = (assignments: Assignments) => [...assignments].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(sorted(assign(members.toReversed(), counts))).toEqual(sorted(assign(members, counts)));
      }),
    );
  });
});

describe("the range assignor", () => {
  it("gives stretches of each topic, the first members one more, static ones by their instances' names first", () => {
    const members = [memberOf(0, ["a", "b"], false), memberOf(1, ["a", "b"], true), memberOf(2, ["a"], true)];
    const assignments = ASSIGNORS.range.assign(
      members,
      new Map([
        ["a", 5],
        ["b", 3],
      ]),
    );
    expect([...assignments].map(([memberId, partitions]) => [memberId, partitions.map(keyOf).join(" ")])).toEqual([
      ["member-0", "a-4 b-2"],
      ["member-1", "a-2 a-3 b-0 b-1"],
      ["member-2", "a-0 a-1"],
    ]);
  });
});

describe("the round-robin assignor", () => {
  it("goes through all partitions in turn, and passes over who does not want a topic", () => {
    const members = [memberOf(0, ["a", "b"], false), memberOf(1, ["b"], false)];
    const assignments = ASSIGNORS.roundrobin.assign(
      members,
      new Map([
        ["a", 2],
        ["b", 3],
      ]),
    );
    expect([...assignments].map(([, partitions]) => partitions.map(keyOf).join(" "))).toEqual(["a-0 a-1 b-1", "b-0 b-2"]);
  });
});

describe("the cooperative sticky assignor", () => {
  it("comes to rest with everybody balanced, and never gives anybody what another still owns (G01)", () => {
    fc.assert(
      fc.property(groups, groups, (before, after) => {
        const rested = settle(before);
        const byId = new Map(rested.members.map((member) => [member.memberId, member]));
        // Members come, go and change what they want.
        const members = after.members.map((member) => ({ ...member, ...pick(byId.get(member.memberId)) }));
        const { members: settled } = settle({ members, counts: after.counts }, 20);
        expect(settled.flatMap(({ ownedPartitions }) => ownedPartitions.map(keyOf)).sort()).toEqual([...wantedPartitions(after)].sort());
        for (const one of settled)
          for (const other of settled)
            if (one.ownedPartitions.some(({ topic }) => other.topics.includes(topic)))
              expect(one.ownedPartitions.length, "could give one to another").toBeLessThanOrEqual(other.ownedPartitions.length + 1);
      }),
    );
  });

  it("moves no more than has to move when a member comes", () => {
    const counts = new Map([["a", 9]]);
    const two = settle({ members: [memberOf(0, ["a"], false), memberOf(1, ["a"], false)], counts });
    const { members, generations } = settle({ members: [...two.members, memberOf(2, ["a"], false)], counts }, 5);
    expect(generations).toBe(2);
    expect(members.map(({ ownedPartitions }) => ownedPartitions.length)).toEqual([3, 3, 3]);
    for (const [index, member] of two.members.entries()) {
      const before = new Set(member.ownedPartitions.map(keyOf));
      expect(members[index]?.ownedPartitions.every((partition) => before.has(keyOf(partition)))).toBe(true);
    }
  });

  it("believes the later generation where two say to own a partition, and neither where both are of the same one (KIP-792)", () => {
    const counts = new Map([["a", 2]]);
    const claiming = (index: number, generationId: number): SubscribedMember => ({
      ...memberOf(index, ["a"], false),
      ownedPartitions: [{ topic: "a", partition: 0 }],
      generationId,
    });
    const later = ASSIGNORS["cooperative-sticky"].assign([claiming(0, 3), claiming(1, 4)], counts);
    expect([...later.values()].map((partitions) => partitions.map(keyOf))).toEqual([["a-1"], ["a-0"]]);
    const equal = ASSIGNORS["cooperative-sticky"].assign([claiming(0, 4), claiming(1, 4)], counts);
    expect([...equal.values()].flat().map(keyOf)).toEqual(["a-1"]);
  });
});

const pick = (member: SubscribedMember | undefined): Partial<SubscribedMember> =>
  member === undefined ? {} : { ownedPartitions: member.ownedPartitions, generationId: member.generationId };

/** For each thing to share out; what grows with the square of them is a hundred times as much. */
const LOOKS_MAX = 100;

describe("sharing out what strangers say takes work that grows with what there is to share out", () => {
  const owned = (topic: string, count: number): readonly TopicPartition[] => Array.from({ length: count }, (_, partition) => ({ topic, partition }));
  const wanting = (memberId: string, topics: readonly string[], ownedPartitions: readonly TopicPartition[] = []): SubscribedMember => {
    const generationId = ownedPartitions.length > 0 ? 3 : -1;
    return { memberId, instanceId: null, topics, ownedPartitions, generationId, rackId: null };
  };
  const looksOf = (name: AssignorName, members: readonly SubscribedMember[], counts: ReadonlyMap<string, number>): number =>
    elementsGoneThrough(() => void ASSIGNORS[name].assign(members, counts));

  it("also where who has most has nothing that can be moved", () => {
    const count = 8_000;
    const comers = Array.from({ length: 50 }, (_, index) => wanting(`new-${index}`, ["y"]));
    const members = [wanting("a", ["x"], owned("x", count)), wanting("b", ["y"], owned("y", count)), ...comers];
    const counts = new Map(["x", "y"].map((topic) => [topic, count]));
    expect(looksOf("cooperative-sticky", members, counts)).toBeLessThan(LOOKS_MAX * 2 * count);
  });

  it.each(["range", "roundrobin"] satisfies AssignorName[])("also where many members want many topics that others do not: %s", (name) => {
    const topics = (prefix: string): readonly string[] => Array.from({ length: 4_000 }, (_, index) => `${prefix}${index}`);
    const members = [wanting("m", topics("t")), ...Array.from({ length: 200 }, (_, index) => wanting(`m${index}`, topics("u")))];
    const counts = new Map([...topics("t"), ...topics("u")].map((topic) => [topic, 1]));
    const wanted = members.reduce((sum, member) => sum + member.topics.length, 0);
    expect(looksOf(name, members, counts)).toBeLessThan(LOOKS_MAX * wanted);
  });
});
