import fc from "fast-check";
import { expect, it } from "vitest";
import { type ConsumerGroupRecord, newConsumerGroup, replayConsumerGroup } from "../src/groups/consumer/consumer-group-state.ts";
import { memberRecord, memberTombstones, regexRecord, regexTombstone } from "../src/groups/consumer/consumer-records.ts";
import { NEW_METADATA } from "../src/groups/consumer/member-metadata.ts";
import { subscribedTopics, wantedTopics } from "../src/groups/consumer/subscriptions.ts";
import { GROUP, GroupWorld } from "./support/group-world.ts";
import { settle, TestConsumer } from "./support/test-consumer.ts";

const name = fc.constantFrom("a", "b", "c", "d");
const names = fc.array(name, { maxLength: 4 });
const regex = fc.constantFrom("", "x.*", "y.*");
const memberId = fc.constantFrom("1", "2", "3");

const record: fc.Arbitrary<readonly ConsumerGroupRecord[]> = fc.oneof(
  fc
    .record({ id: memberId, subscribedTopicNames: names, subscribedTopicRegex: fc.option(regex) })
    .map(({ id, ...said }) => [memberRecord({ groupId: GROUP, memberId: id }, { ...NEW_METADATA, ...said })]),
  memberId.map((id) => memberTombstones({ groupId: GROUP, memberId: id })),
  fc.record({ of: regex, topics: names }).map(({ of, topics }) => [regexRecord(GROUP, of, { topics, version: 1, timestamp: 1 })]),
  regex.map((of) => [regexTombstone(GROUP, of)]),
);

it("counts what members want as who asks all of them would, whatever comes and goes in whatever order", () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), (batches) => {
      const group = batches.flat().reduce(replayConsumerGroup, newConsumerGroup(GROUP));
      const all = [...group.members.values()];
      expect(subscribedTopics(group)).toEqual(new Set(all.flatMap((metadata) => [...wantedTopics(group, metadata)])));
      const regexes = all.flatMap(({ subscribedTopicRegex }) => (subscribedTopicRegex === null || subscribedTopicRegex === "" ? [] : [subscribedTopicRegex]));
      expect(new Set(Array.from(group.regexMembers.entries(), ([of]) => of))).toEqual(new Set(regexes));
      for (const of of new Set(regexes)) expect(group.regexMembers.get(of)).toBe(regexes.filter((one) => one === of).length);
    }),
  );
});

it("looks each topic up a few times when a member comes or goes, however many members want it", () => {
  const world = new GroupWorld({});
  const topics = Array.from({ length: 50 }, (_, at) => `topic ${at}`);
  for (const topic of topics) world.topics.make(topic, 1);
  const members = Array.from({ length: 40 }, (_, at) => new TestConsumer(world, `${at}`, at % 2 === 0 ? { topics } : { regex: "topic.*" }));
  for (const member of members) member.join();
  world.pass(0);
  settle(members);
  const { lookups } = world.topics;
  members[0]?.leave();
  members[1]?.beat();
  expect(world.topics.lookups - lookups).toBeLessThanOrEqual(10 * topics.length);
});

it("looks each topic up once for all members that say the same, where others say something else", () => {
  const world = new GroupWorld({});
  const topics = Array.from({ length: 50 }, (_, at) => `topic ${at}`);
  for (const topic of topics) world.topics.make(topic, 1);
  const members = Array.from({ length: 40 }, (_, at) => new TestConsumer(world, `${at}`, { topics: at % 2 === 0 ? topics : topics.slice(1) }));
  for (const member of members) member.join();
  settle(members);
  const { lookups } = world.topics;
  members[0]?.leave();
  members[1]?.beat();
  expect(world.topics.lookups - lookups).toBeLessThanOrEqual(10 * topics.length);
});
