import { micros, type Now, wallMs } from "@samsa/stdx";
import { expect, it } from "vitest";
import { FetchPurgatory, type ParkedFetch } from "../../src/purgatory/fetch-purgatory.ts";

const NOW: Now = { monotonicUs: micros(0), wallMs: wallMs(0) };

function parked(purgatory: FetchPurgatory) {
  const answers: string[] = [];
  const fetch: ParkedFetch = {
    tryAnswer: (isLast) => {
      answers.push(isLast ? "last" : "woken");
      return true;
    },
    deadline: undefined,
  };
  const hasRoom = purgatory.park(fetch, micros(1_000), "consumer");
  purgatory.watch("a", { changed: () => (fetch.deadline === undefined ? undefined : fetch) });
  return { fetch, answers, hasRoom };
}

it("answers a fetch that is woken and then hurried in one turn once", () => {
  const purgatory = new FetchPurgatory();
  const { fetch, answers } = parked(purgatory);
  purgatory.wake("a", "state");
  purgatory.answerNow(fetch, NOW);
  purgatory.endTurn(NOW);
  expect(answers).toEqual(["last"]);
});

it("does not answer a fetch that is woken and then leaves in one turn", () => {
  const purgatory = new FetchPurgatory();
  const { fetch, answers } = parked(purgatory);
  purgatory.wake("a", "state");
  purgatory.remove(fetch);
  purgatory.endTurn(NOW);
  expect(answers).toEqual([]);
});

it("has no room for more than its bound, and again once one has left", () => {
  const purgatory = new FetchPurgatory(2);
  const [first, second, third] = [parked(purgatory), parked(purgatory), parked(purgatory)];
  expect([first.hasRoom, second.hasRoom, third.hasRoom]).toEqual([true, true, false]);
  purgatory.answerNow(third.fetch, NOW);
  expect(third.answers).toEqual([]);
  purgatory.remove(first.fetch);
  expect(parked(purgatory).hasRoom).toBe(true);
});
