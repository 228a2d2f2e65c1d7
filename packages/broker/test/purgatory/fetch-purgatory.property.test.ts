import fc from "fast-check";
import { micros, nodeId, type Now, wallMs, ZERO_UUID } from "@samsa/stdx";
import { expect, it } from "vitest";
import { FetchSession } from "../../src/fetch-session/fetch-session.ts";
import { FetchPurgatory, type ParkedFetch, type Wake } from "../../src/purgatory/fetch-purgatory.ts";

const SEED = 4;
const KEYS = ["a", "b", "c"];
const key = fc.constantFrom(...KEYS);

const step = fc.oneof(
  fc.record({
    type: fc.constant("park" as const),
    keys: fc.array(key, { minLength: 1, maxLength: 3 }),
    isConsumer: fc.boolean(),
    waitMs: fc.integer({ min: 1, max: 50 }),
  }),
  fc.record({ type: fc.constant("wake" as const), key, why: fc.constantFrom<Wake>("append", "high-watermark", "log-start", "state"), isEnough: fc.boolean() }),
  fc.record({ type: fc.constant("pass" as const), ms: fc.nat(30) }),
  fc.record({ type: fc.constant("hurry" as const), fetch: fc.nat(10) }),
  fc.record({ type: fc.constant("leave" as const), fetch: fc.nat(10) }),
);

/** Of these partitions, found on this broker under the same names. */
function sessionOf(keys: readonly string[], isConsumer: boolean, purgatory: FetchPurgatory, now: Now): FetchSession {
  const reader = isConsumer
    ? ({ type: "consumer", isReadCommitted: false, rackId: "" } as const)
    : ({ type: "replica", replicaId: nodeId(2), replicaEpoch: 0 } as const);
  const session = new FetchSession({ reader, usesTopicIds: false, wakesByHighWatermark: false, purgatory, now });
  const asked = { partition: 0, currentLeaderEpoch: -1, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: -1, partitionMaxBytes: 1 };
  const topics = keys.map((topic) => ({ topic, topicId: ZERO_UUID, partitions: [{ ...asked, replicaDirectoryId: ZERO_UUID, highWatermark: -1 }] }));
  session.update({ topics, forgottenTopicsData: [] });
  for (const one of session.all()) session.found(one, one.asked.topic);
  return session;
}

/** Followers are woken by what is appended, consumers by what is committed; once a turn each. */
const wakes = (why: Wake, isConsumer: boolean): boolean => why === "state" || why === (isConsumer ? "high-watermark" : "append");

interface Model {
  readonly session: FetchSession;
  readonly fetch: ParkedFetch;
  readonly keys: readonly string[];
  readonly isConsumer: boolean;
  readonly dueMs: number;
  answers: number;
  looks: number;
  hasLeft: boolean;
}

it(`every fetch that waits is answered exactly once, by its time at the latest, or leaves (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const purgatory = new FetchPurgatory();
      const fetches: Model[] = [];
      let nowMs = 0;
      let isEnough = false;
      const now = (): Now => ({ monotonicUs: micros(nowMs * 1000), wallMs: wallMs(0) });
      const waits = (model: Model): boolean => model.answers === 0 && !model.hasLeft;
      for (const one of steps) {
        isEnough = one.type === "wake" && one.isEnough;
        const before = fetches.map(({ looks }) => looks);
        const waiting = fetches.map(waits);
        if (one.type === "park") {
          const fetch: ParkedFetch = {
            tryAnswer: (isLast) => {
              model.looks++;
              if (!isLast && !isEnough) return false;
              model.answers++;
              session.parked = undefined;
              session.stopWatching();
              return true;
            },
            deadline: undefined,
          };
          const session = sessionOf(one.keys, one.isConsumer, purgatory, now());
          session.startWatching();
          session.parked = fetch;
          const model: Model = { session, fetch, keys: one.keys, isConsumer: one.isConsumer, dueMs: nowMs + one.waitMs, answers: 0, looks: 0, hasLeft: false };
          purgatory.park(fetch, micros(model.dueMs * 1000), "consumer");
          fetches.push(model);
        } else if (one.type === "wake") purgatory.wake(one.key, one.why);
        else if (one.type === "pass") nowMs += one.ms;
        else {
          const model = fetches[one.fetch];
          if (model === undefined || !waits(model)) continue;
          if (one.type === "hurry") purgatory.answerNow(model.fetch, now());
          else {
            purgatory.remove(model.fetch);
            model.session.parked = undefined;
            model.session.stopWatching();
            model.hasLeft = true;
          }
        }
        purgatory.endTurn(now());
        for (const [index, model] of fetches.entries()) {
          expect(model.answers).toBeLessThanOrEqual(model.hasLeft ? 0 : 1);
          if (model.dueMs <= nowMs) expect(waits(model)).toBe(false);
          if (one.type !== "wake" || waiting[index] !== true) continue;
          const concerns = model.keys.includes(one.key) && wakes(one.why, model.isConsumer);
          expect(model.looks - (before[index] ?? 0)).toBe(concerns ? 1 : 0);
        }
      }
      nowMs += 1_000;
      purgatory.endTurn(now());
      for (const model of fetches) expect(model.answers).toBe(model.hasLeft ? 0 : 1);
      expect([purgatory.size, purgatory.watchedPartitions, purgatory.nextDeadlineUs]).toEqual([0, 0, undefined]);
    }),
    { seed: SEED, numRuns: 500 },
  );
});
