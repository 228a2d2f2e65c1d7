import { checkGroup, GroupHistory, History, type OffsetCommit } from "@samsa/history";
import { expect, test } from "vitest";
import { KafkaJsGenerations } from "../../src/drivers/kafkajs-generations.ts";

const PLACE = { topic: "orders", partition: 0 };

/** Two consumers in generation 4; commits and questions take 1 µs. */
function setup() {
  const history = new GroupHistory("billing");
  const members = [new KafkaJsGenerations(history), new KafkaJsGenerations(history)] as const;
  const join = (index: 0 | 1, generationId: number, atUs: number): void => {
    members[index].rebalancing();
    members[index].joined(`member-${index}`);
    for (let count = 0; count < 2; count++) beat(index, generationId, atUs);
  };
  const beat = (index: 0 | 1, groupGenerationId: number, atUs: number, memberId = `member-${index}`): void =>
    members[index].heartbeatAnswered({ memberId, groupGenerationId }, atUs);
  const commit = (index: 0 | 1, offset: number, atUs: number, outcome: "ok" | "info" = "ok"): OffsetCommit => {
    const begun = history.invokeCommit(index, PLACE, offset, atUs);
    history.endCommit(begun, { outcome, mayComeLater: outcome === "info", atUs: atUs + 1 });
    members[index].commitEnded(begun);
    return begun;
  };
  const told = (offset: number, askedUs: number): void => history.fetched(9, PLACE, { offset, askedUs, answeredUs: askedUs + 1 });
  const found = (): readonly string[] => checkGroup(history, new History("run")).map(({ name }) => name);
  join(0, 4, 10);
  join(1, 4, 11);
  return { history, members, join, beat, commit, told, found };
}

test("a commit that was not answered may be told as long as its generation lasts, and not when a later one has committed", () => {
  const { join, commit, told, found } = setup();
  commit(0, 7, 20, "info");
  commit(0, 9, 30);
  told(7, 40);
  expect(found()).toEqual([]);
  join(0, 5, 50);
  commit(0, 10, 60);
  told(10, 70);
  expect(found()).toEqual([]);
  told(7, 80);
  expect(found()).toEqual(["offset-went-back"]);
});

test("members that join the generation that there is end nothing", () => {
  const { history, members, join, commit, told, found } = setup();
  commit(0, 7, 20, "info");
  join(1, 4, 30);
  members[0].joined("member-0");
  commit(1, 9, 40);
  told(7, 50);
  expect(found()).toEqual([]);
  expect(history.generations).toEqual([{ generationId: 4, atUs: 10 }]);
});

test("the answer to a heartbeat of before it joined says nothing of the generation that it is in", () => {
  const { members, beat, commit } = setup();
  members[0].rebalancing();
  members[0].joined("member-0");
  beat(0, 4, 20);
  const unanswered = commit(0, 7, 21, "info");
  expect(unanswered.generationId).toBe(-1);
  beat(0, 5, 30);
  expect(unanswered.generationId).toBe(5);
});

test("while it joins, its heartbeats say nothing, nor do those of who it was before", () => {
  const { history, members, beat, commit } = setup();
  members[0].rebalancing();
  for (const atUs of [20, 21, 22]) beat(0, 5, atUs);
  const unanswered = commit(0, 7, 23, "info");
  members[0].joined("member-new");
  for (const atUs of [30, 31, 32]) beat(0, 5, atUs);
  expect([unanswered.generationId, history.generations.length]).toEqual([-1, 1]);
  for (const atUs of [40, 41]) beat(0, 6, atUs, "member-new");
  expect([unanswered.generationId, history.generations.at(-1)]).toEqual([6, { generationId: 6, atUs: 41 }]);
});

test("a consumer that was thrown out joins without a word before, and is in no known generation then", () => {
  const { members, beat, commit } = setup();
  members[0].joined("member-new");
  const unanswered = commit(0, 7, 20, "info");
  for (const atUs of [30, 31]) beat(0, 6, atUs, "member-new");
  expect(unanswered.generationId).toBe(6);
});

test("what was acknowledged to a member of a generation that was over is found", () => {
  const { join, commit, found } = setup();
  commit(1, 7, 20);
  join(0, 5, 30);
  expect(found()).toEqual([]);
  commit(1, 8, 40);
  expect(found()).toEqual(["stale-commit"]);
});
