import { micros, type Now, wallMs } from "@samsa/stdx";
import { expect, it } from "vitest";
import { FetchPurgatory, type ParkedFetch } from "../../src/purgatory/fetch-purgatory.ts";

const NOW: Now = { monotonicUs: micros(0), wallMs: wallMs(0) };

function parked(purgatory: FetchPurgatory) {
  const answers: string[] = [];
  const fetch: ParkedFetch = {
    partitions: ["a"],
    isConsumer: true,
    tryAnswer: (isLast) => {
      answers.push(isLast ? "last" : "woken");
      return true;
    },
    deadline: undefined,
  };
  purgatory.park(fetch, micros(1_000));
  return { fetch, answers };
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
