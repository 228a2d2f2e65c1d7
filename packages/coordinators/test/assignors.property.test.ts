import { type Uuid, uuidFromBytes } from "@samsa/stdx";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Assigned, Assignor, AssignorInput, AssignorMember } from "../src/groups/consumer/assignors/assignor.ts";
import { ASSIGNORS } from "../src/groups/consumer/assignors/assignors.ts";
import { rangeAssignor } from "../src/groups/consumer/assignors/range-assignor.ts";
import { type Subscribed, subscribedOf } from "../src/groups/consumer/assignors/subscribed.ts";
import { uniformAssignor } from "../src/groups/consumer/assignors/uniform-assignor.ts";
import { eachPartition, NO_PARTITIONS, partitionKey } from "../src/groups/consumer/partitions.ts";
import { elementsGoneThrough } from "../../../test/support/elements-gone-through.ts";

const TOPICS_MAX = 4;
const topicIds = Array.from({ length: TOPICS_MAX }, (_, at) => uuidFromBytes(new Uint8Array(16).fill(at + 1)));

const counts = fc.array(fc.nat(7), { minLength: TOPICS_MAX, maxLength: TOPICS_MAX });
/** Of each member: which topics it wants, and whether it is static. */
const wants = fc.array(fc.tuple(fc.uniqueArray(fc.nat(TOPICS_MAX - 1)), fc.boolean()), { minLength: 1, maxLength: 6 });

/** Members that want the same share a set, as those of a group do. */
function inputOf(partitionCounts: readonly number[], members: readonly (readonly [readonly number[], boolean])[]): AssignorInput {
  const sets = new Map<string, ReadonlySet<Uuid>>();
  const setOf = (topics: readonly number[]): ReadonlySet<Uuid> => {
    const set = sets.get(topics.toSorted().join()) ?? new Set(topics.map((topic) => topicIds[topic] as Uuid));
    sets.set(topics.toSorted().join(), set);
    return set;
  };
  return {
    partitionCounts: new Map(topicIds.map((topicId, at) => [topicId, partitionCounts[at] ?? 0])),
    members: members.map(([topics, isStatic], at) => ({
      memberId: `member ${at}`,
      instanceId: isStatic ? `instance ${at}` : null,
      topicIds: setOf(topics),
      target: NO_PARTITIONS,
    })),
  };
}

const partsOf = (assigned: Assigned, { memberId }: AssignorMember) => [...eachPartition(assigned.get(memberId) ?? NO_PARTITIONS)];
const afterwards = (input: AssignorInput, assigned: Assigned): AssignorInput => ({
  ...input,
  members: input.members.map((member) => ({ ...member, target: assigned.get(member.memberId) ?? NO_PARTITIONS })),
});
/** By partition, who has it. */
const ownersOf = (input: AssignorInput, assigned: Assigned): ReadonlyMap<string, string> =>
  new Map(input.members.flatMap((member) => partsOf(assigned, member).map((part): [string, string] => [partitionKey(...part), member.memberId])));

describe.each([...ASSIGNORS.values()].map((assignor): [string, Assignor] => [assignor.name, assignor]))("%s", (_, assignor) => {
  it("gives every partition that somebody wants to one who wants it, and no other partition (I-G2)", () => {
    fc.assert(
      fc.property(counts, wants, (partitionCounts, members) => {
        const input = inputOf(partitionCounts, members);
        const assigned = assignor.assign(input);
        const given = input.members.flatMap((member) => {
          for (const [topicId] of partsOf(assigned, member)) expect(member.topicIds).toContain(topicId);
          return partsOf(assigned, member).map((part) => partitionKey(...part));
        });
        const wanted = new Set(input.members.flatMap((member) => [...member.topicIds]));
        const expected = [...wanted].flatMap((topicId) =>
          Array.from({ length: input.partitionCounts.get(topicId) ?? 0 }, (__, partition) => partitionKey(topicId, partition)),
        );
        expect(given.sort()).toEqual(expected.sort());
      }),
    );
  });

  it("decides alike whatever the order of the members, and for what it decided itself", () => {
    fc.assert(
      fc.property(counts, wants, (partitionCounts, members) => {
        const input = inputOf(partitionCounts, members);
        const owners = ownersOf(input, assignor.assign(input));
        expect(ownersOf(input, assignor.assign({ ...input, members: [...input.members].reverse() }))).toEqual(owners);
        expect(ownersOf(input, assignor.assign(afterwards(input, assignor.assign(input))))).toEqual(owners);
      }),
    );
  });
});

it("uniform leaves nobody with two partitions more than somebody who could take one of them", () => {
  fc.assert(
    fc.property(counts, wants, wants, (partitionCounts, before, after) => {
      const earlier = inputOf(partitionCounts, before);
      const targets = uniformAssignor.assign(earlier);
      const input = afterwards(inputOf(partitionCounts, after), targets);
      const assigned = uniformAssignor.assign(input);
      const load = (member: AssignorMember): number => partsOf(assigned, member).length;
      for (const rich of input.members)
        for (const [topicId] of partsOf(assigned, rich))
          for (const poor of input.members) if (poor.topicIds.has(topicId)) expect(load(rich)).toBeLessThanOrEqual(load(poor) + 1);
    }),
  );
});

it("uniform moves no more partitions than evenness needs where all want the same and one comes or goes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 24 }), (memberCount, partitionCount) => {
      const members = (count: number) => Array.from({ length: count }, (): readonly [readonly number[], boolean] => [[0], false]);
      const [few, many] = [inputOf([partitionCount], members(memberCount)), inputOf([partitionCount], members(memberCount + 1))];
      const moved = (from: AssignorInput, to: AssignorInput): number => {
        const assigned = uniformAssignor.assign(from);
        const before = ownersOf(from, assigned);
        const after = ownersOf(to, uniformAssignor.assign(afterwards(to, assigned)));
        return [...after].filter(([key, owner]) => before.get(key) !== owner).length;
      };
      expect(moved(few, many)).toBeLessThanOrEqual(Math.ceil(partitionCount / (memberCount + 1)));
      expect(moved(many, few)).toBeLessThanOrEqual(Math.ceil(partitionCount / (memberCount + 1)));
    }),
  );
});

it("range gives equal partitions of topics that are alike to one member", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 12 }), fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), (partitionCount, areStatic) => {
      const input = inputOf(
        [partitionCount, partitionCount],
        areStatic.map((isStatic) => [[0, 1], isStatic]),
      );
      const [one, other] = topicIds as [Uuid, Uuid];
      const assigned = rangeAssignor.assign(input);
      for (const partitions of assigned.values()) expect(partitions.get(one)).toEqual(partitions.get(other));
      const ranges = [...assigned.values()].map((partitions) => [...(partitions.get(one) ?? [])]);
      for (const range of ranges) expect((range.at(-1) ?? 0) - (range[0] ?? 0)).toBe(range.length - 1);
    }),
  );
});

it("range gives the first ranges to static members, in the order of their names", () => {
  const member = (memberId: string, instanceId: string | null): AssignorMember => ({
    memberId,
    instanceId,
    topicIds: new Set(topicIds.slice(0, 1)),
    target: NO_PARTITIONS,
  });
  const input = {
    members: [member("a", null), member("c", "two"), member("b", null), member("d", "one")],
    partitionCounts: new Map([[topicIds[0] as Uuid, 4]]),
  };
  expect([...ownersOf(input, rangeAssignor.assign(input)).values()]).toEqual(["a", "c", "b", "d"]);
  const assigned = rangeAssignor.assign(input);
  expect([...assigned].map(([memberId, partitions]) => [memberId, ...(partitions.get(topicIds[0] as Uuid) ?? [])])).toEqual([
    ["d", 0],
    ["c", 1],
    ["a", 2],
    ["b", 3],
  ]);
});

it("uniform divides 50 000 partitions of one topic, all of which one member had, in work that does not grow with their square", () => {
  const [topicId] = topicIds as [Uuid];
  const member = (memberId: string, count: number): AssignorMember => ({
    memberId,
    instanceId: null,
    topicIds: new Set([topicId]),
    target: new Map([[topicId, new Set(Array.from({ length: count }, (_, at) => at))]]),
  });
  const input = { members: [member("a", 50_000), member("b", 0)], partitionCounts: new Map([[topicId, 50_000]]) };
  let assigned: Assigned = new Map();
  expect(elementsGoneThrough(() => (assigned = uniformAssignor.assign(input)))).toBeLessThan(50_000 * 20);
  expect([...assigned.values()].map((partitions) => partitions.get(topicId)?.size)).toEqual([25_000, 25_000]);
});

it("finds who wants what in work that grows with what members want, and not with its square, where all want something else", () => {
  const topics = Array.from({ length: 100 }, (_, at) => `topic ${at}`.padEnd(22, "A") as Uuid);
  const shares = Array.from({ length: 1_000 }, (_, at) => {
    const topicIds = new Set(topics.filter((__, topic) => topic !== at % topics.length));
    return { member: { memberId: `${at}`, instanceId: null, topicIds, target: NO_PARTITIONS } };
  });
  let all: readonly Subscribed<(typeof shares)[number]>[] = [];
  const pairs = shares.length * topics.length;
  expect(elementsGoneThrough(() => (all = subscribedOf(shares)))).toBeLessThan(10 * pairs);
  expect(all.map(({ topicIds, subscribers }) => [topicIds.length, subscribers.length])).toEqual(topics.map(() => [1, 990]));
});

it("puts topics together that the same members want, whatever they want", () => {
  const wanted = fc.array(fc.subarray([...topicIds]), { maxLength: 6 });
  fc.assert(
    fc.property(wanted, (lists) => {
      const shares = lists.map((list, at) => ({ member: { memberId: `${at}`, instanceId: null, topicIds: new Set(list), target: NO_PARTITIONS } }));
      const all = subscribedOf(shares);
      const subscribersOf = (topicId: Uuid) => shares.filter(({ member }) => member.topicIds.has(topicId));
      for (const { topicIds: alike, subscribers } of all) for (const topicId of alike) expect(subscribers).toEqual(subscribersOf(topicId));
      const told = all.flatMap(({ topicIds: alike }) => alike);
      expect([...told].sort()).toEqual([...new Set(lists.flat())].sort());
      expect(new Set(all.map(({ subscribers }) => subscribers.map(({ member }) => member.memberId).join())).size).toBe(all.length);
    }),
  );
});

it("leaves no member a partition that there can't be, whatever its target says in a log of others", () => {
  const input = inputOf([2, 0, 0, 0], [[[0], false]]);
  const target = new Map([[topicIds[0] as Uuid, new Set([-1, 1, 2])]]);
  for (const assignor of ASSIGNORS.values()) {
    const assigned = assignor.assign({ ...input, members: input.members.map((member) => ({ ...member, target })) });
    const parts = partsOf(assigned, input.members[0] as AssignorMember).map(([, partition]) => partition);
    expect(parts.sort((a, b) => a - b)).toEqual([0, 1]);
  }
});
