import fc from "fast-check";
import type { Replica } from "@samsa/replication";
import { leaderEpoch, micros, type Now, offset, wallMs } from "@samsa/stdx";
import { expect, it } from "vitest";
import { type AwaitedAppend, ProducePurgatory } from "../../src/purgatory/produce-purgatory.ts";

const SEED = 3;
const REPLICAS = 3;

type Step =
  | { readonly type: "park"; readonly on: readonly { readonly replica: number; readonly endOffset: number }[]; readonly timeoutMs: number | undefined }
  | { readonly type: "advance"; readonly replica: number; readonly to: number }
  | { readonly type: "write"; readonly replica: number; readonly to: number }
  | { readonly type: "fail"; readonly replica: number }
  | { readonly type: "pass"; readonly ms: number }
  | { readonly type: "leave"; readonly request: number };

const append = fc.record({ replica: fc.nat(REPLICAS - 1), endOffset: fc.nat(20) });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant("park" as const), on: fc.array(append, { maxLength: 4 }), timeoutMs: fc.option(fc.nat(50), { nil: undefined }) }),
  fc.record({ type: fc.constant("advance" as const), replica: fc.nat(REPLICAS - 1), to: fc.nat(20) }),
  fc.record({ type: fc.constant("write" as const), replica: fc.nat(REPLICAS - 1), to: fc.nat(20) }),
  fc.record({ type: fc.constant("fail" as const), replica: fc.nat(REPLICAS - 1) }),
  fc.record({ type: fc.constant("pass" as const), ms: fc.oneof(fc.nat(30), fc.nat(1_200)) }),
  fc.record({ type: fc.constant("leave" as const), request: fc.nat(20) }),
);

/** For the leader's own write, beyond a request's time. */
const GRACE_MS = 1_000;
/** Time passes in steps of it at most, and what is due is found due so much later. */
const STEP_MS = 10;

/** Only what the purgatory asks of a replica. */
class Replicated {
  end = 0;
  hasFailed = false;
  readonly log = { writtenEnd: 0, isFull: false };
  readonly replica = {
    log: this.log,
    ackStatus: ({ endOffset }: AwaitedAppend) => (this.hasFailed ? "NOT_LEADER_OR_FOLLOWER" : this.end >= endOffset ? "done" : "pending"),
  } as unknown as Replica;
}

it(`every produce request that waits is answered exactly once, with one outcome for each append, or leaves (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const purgatory = new ProducePurgatory();
      const replicas = Array.from({ length: REPLICAS }, () => new Replicated());
      const requests: {
        finished: number;
        settled: number[];
        outcomes: string[];
        waits: readonly AwaitedAppend[];
        parked: ReturnType<ProducePurgatory["park"]>;
        hasLeft: boolean;
        size: number;
        dueMs: number;
      }[] = [];
      let nowMs = 0;
      const now = (): Now => ({ monotonicUs: micros(nowMs * 1000), wallMs: wallMs(0) });
      const endTurn = (): void => {
        for (const { replica } of replicas) purgatory.touch(replica);
        purgatory.endTurn(now());
      };
      for (const one of steps) {
        if (one.type === "park") {
          const request = {
            finished: 0,
            settled: one.on.map(() => 0),
            outcomes: [] as string[],
            waits: [] as readonly AwaitedAppend[],
            parked: undefined as ReturnType<ProducePurgatory["park"]>,
            hasLeft: false,
            size: one.on.length,
            dueMs: one.timeoutMs === undefined ? Infinity : nowMs + one.timeoutMs,
          };
          requests.push(request);
          const waits = one.on.map(({ replica, endOffset }, index): AwaitedAppend => ({
            replica: replicas[replica]?.replica as Replica,
            leaderEpoch: leaderEpoch(0),
            endOffset: offset(endOffset),
            acks: -1,
            settle: (outcome) => {
              request.settled[index] = (request.settled[index] ?? 0) + 1;
              request.outcomes.push(outcome);
            },
          }));
          request.waits = waits;
          const deadlineUs = one.timeoutMs === undefined ? undefined : micros((nowMs + one.timeoutMs) * 1000);
          request.parked = purgatory.park(waits, deadlineUs, () => void request.finished++, now());
        } else if (one.type === "advance" || one.type === "write") {
          const target = replicas[one.replica];
          if (target === undefined) continue;
          target.log.writtenEnd = Math.max(target.log.writtenEnd, one.to);
          if (one.type === "advance") target.end = Math.max(target.end, one.to);
        } else if (one.type === "fail") {
          const target = replicas[one.replica];
          if (target !== undefined) target.hasFailed = true;
        } else if (one.type === "pass") {
          for (let left = one.ms; left > 0; left -= STEP_MS) {
            nowMs += Math.min(left, STEP_MS);
            endTurn();
          }
        } else {
          const request = requests[one.request];
          if (request?.parked !== undefined && request.finished === 0) {
            purgatory.remove(request.parked);
            request.hasLeft = true;
          }
        }
        endTurn();
        for (const request of requests) {
          expect(request.finished).toBeLessThanOrEqual(request.hasLeft ? 0 : 1);
          const isWritten = request.waits.every(({ replica, endOffset }) => replica.log.writtenEnd >= endOffset);
          if (request.dueMs + (isWritten ? 0 : GRACE_MS + STEP_MS) <= nowMs && !request.hasLeft) expect(request.finished).toBe(1);
          if (request.outcomes.includes("REQUEST_TIMED_OUT")) expect(request.dueMs).toBeLessThanOrEqual(nowMs);
        }
      }
      for (const replica of replicas) replica.hasFailed = true;
      endTurn();
      for (const { finished, settled, hasLeft } of requests) {
        expect(finished).toBe(hasLeft ? 0 : 1);
        for (const count of settled) expect(count).toBeLessThanOrEqual(1);
        if (!hasLeft) expect(settled.every((count) => count === 1)).toBe(true);
      }
      expect([purgatory.size, purgatory.nextDeadlineUs]).toEqual([0, undefined]);
    }),
    { seed: SEED, numRuns: 500 },
  );
});
