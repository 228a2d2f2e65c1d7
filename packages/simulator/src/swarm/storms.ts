import fc from "fast-check";
import type { Fault, FaultAction, StashRelease, Victim } from "@samsa/world";
import { anyNode, millis, NODES_MAX, restart, SWARM_TOPIC } from "./fault-draws.ts";

/**
 * Elections close upon each other: whoever was just elected dies, voters lose power while their vote is being synced, and somebody
 * is cut off meanwhile. The bugs of Raft's figure 8 and of forgotten votes need several of these within a second.
 */
export function electionStorm(startMs: number): fc.Arbitrary<FaultAction[]> {
  const soon = millis(1, 120);
  const blow: fc.Arbitrary<Fault> = fc.oneof(
    fc.record({ type: fc.constant("crash" as const), victim: fc.constant<Victim>({ type: "active-controller" }), restartAfterMs: millis(1, 300) }),
    fc.record({ type: fc.constant("crash" as const), victim: anyNode, restartAfterMs: millis(1, 300) }),
    fc.record({ type: fc.constant("power-loss" as const), victim: anyNode, restartAfterMs: millis(1, 40), whenSyncing: fc.constant("quorum.wal") }),
    fc.record({
      type: fc.constant("partition" as const),
      from: fc.oneof(anyNode, fc.constant<Victim>({ type: "active-controller" })).map((victim) => [victim]),
      isOneWay: fc.boolean(),
      forMs: millis(100, 2_500),
    }),
  );
  return fc.array(fc.record({ afterMs: soon, fault: blow }), { minLength: 3, maxLength: 10 }).map((blows) => {
    let atMs = startMs;
    return blows.map(({ afterMs, fault }) => ({ atMs: (atMs += afterMs), fault }));
  });
}

/**
 * Whoever is elected controller dies soon after, before or after its first entries have reached somebody: what is left of them is
 * on one disk, and the next reigns decide whether it stays (Raft's figure 8).
 */
export function shortReigns(startMs: number): fc.Arbitrary<FaultAction[]> {
  const controller: Victim = { type: "active-controller" };
  const death = fc.record({ type: fc.constant("crash" as const), victim: fc.constant(controller), restartAfterMs: millis(1, 800) });
  return fc
    .array(fc.record({ afterElectionMs: millis(0, 80), fault: death }), { minLength: 2, maxLength: 6 })
    .map((deaths) => [
      { atMs: startMs, fault: { type: "crash", victim: controller, restartAfterMs: 5 } },
      ...deaths.map(({ afterElectionMs, fault }): FaultAction => ({ atMs: startMs, afterElectionMs, fault })),
    ]);
}

/**
 * A partition changes its leader again and again within seconds, and former leaders return in the middle of it: their logs end in
 * epochs of which others know nothing (KIP-279).
 */
export function failoverStorm(startMs: number): fc.Arbitrary<FaultAction[]> {
  const blow = fc.record({ afterMs: millis(5, 800), restartAfterMs: millis(5, 2_000), partition: fc.constantFrom(0, 0, 1) });
  return fc.array(blow, { minLength: 2, maxLength: 6 }).map((blows) => {
    let atMs = startMs;
    return blows.map(({ afterMs, restartAfterMs, partition }): FaultAction => ({
      atMs: (atMs += afterMs),
      fault: { type: "crash", victim: { type: "leader", topic: SWARM_TOPIC, partition }, restartAfterMs },
    }));
  });
}

/**
 * A follower leaves the ISR, catches up and loses power while its leader's request to take it back is still under way: what the
 * request rests on was true of the follower's earlier life (KIP-903).
 */
export function rejoinStorm(startMs: number): fc.Arbitrary<FaultAction[]> {
  return fc
    .record({
      id: millis(1, 3),
      count: millis(1, 3),
      release: fc.oneof(
        { weight: 3, arbitrary: fc.constant<StashRelease>({ type: "after-registration" }) },
        { weight: 1, arbitrary: millis(1, 200).map((count): StashRelease => ({ type: "after-deliveries", count })) },
      ),
      leavesAfterMs: millis(0, 100),
      losesAfterMs: fc.array(millis(20, 1_500), { minLength: 1, maxLength: 4 }),
      losesPower: fc.boolean(),
      // Away for long it is fenced when the request arrives (KIP-841), back at once it is another (KIP-903).
      restartAfterMs: fc.oneof(fc.constant(2), millis(200, 3_000)),
    })
    .map(({ id, count, release, leavesAfterMs, losesAfterMs, losesPower, restartAfterMs }) => {
      const victim: Victim = { type: "node", id };
      const losses = losesAfterMs.map((afterMs): FaultAction => ({
        atMs: startMs + leavesAfterMs + afterMs,
        fault: { type: losesPower ? "power-loss" : "crash", victim, restartAfterMs },
      }));
      return [
        { atMs: startMs, fault: { type: "stash", message: "alter-partition-request", count, release } },
        { atMs: startMs + leavesAfterMs, fault: { type: "crash", victim, restartAfterMs: 5 } },
        ...losses,
      ];
    });
}

/**
 * A follower's fetch, or the answer to it, is on its way while the partition changes its leader, and comes when the one who sent it, or the one who
 * gets it, has become another (KIP-320, KAFKA-13207). Often nothing is written between two elections: nobody wakes a parked fetch then.
 */
export function staleFetches(startMs: number): fc.Arbitrary<FaultAction[]> {
  const release: fc.Arbitrary<StashRelease> = fc.oneof(
    fc.constant<StashRelease>({ type: "after-election" }),
    fc.oneof(millis(1, 60), millis(100, 1_500)).map((count): StashRelease => ({ type: "after-deliveries", count })),
  );
  return fc
    .record({
      partition: fc.constantFrom(0, 0, 1),
      held: fc.array(
        fc.record({ message: fc.constantFrom("replica-fetch-request" as const, "replica-fetch-response" as const), count: millis(1, 4), release }),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
      blows: fc.array(
        fc.record({ afterMs: millis(1, 300), restartAfterMs: millis(5, 400), how: fc.constantFrom("crash" as const, "pause" as const, "stop" as const) }),
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
    })
    .map(({ partition, held, blows }) => {
      const victim: Victim = { type: "leader", topic: SWARM_TOPIC, partition };
      let atMs = startMs;
      const deaths = blows.map(({ afterMs, restartAfterMs, how }): FaultAction => ({
        atMs: (atMs += afterMs),
        fault: how === "pause" ? { type: how, victim, forMs: 3_000 + restartAfterMs } : { type: how, victim, restartAfterMs },
      }));
      return [...held.map((stash): FaultAction => ({ atMs: startMs, fault: { type: "stash", ...stash } })), ...deaths];
    });
}

/** Records are appended, their producer does not hear of it and sends them again: to the same leader, or to the next one (KIP-98). */
export function lostAnswers(startMs: number): fc.Arbitrary<FaultAction[]> {
  const loss = fc.record({
    afterMs: millis(0, 1_000),
    count: millis(1, 5),
    breaksAfterMs: millis(5, 600),
    hasFailover: fc.boolean(),
    partition: fc.constantFrom(0, 0, 1),
  });
  return fc.array(loss, { minLength: 1, maxLength: 3 }).map((losses) => {
    let atMs = startMs;
    return losses.flatMap(({ afterMs, count, breaksAfterMs, hasFailover, partition }): FaultAction[] => {
      const heldMs = (atMs += afterMs);
      atMs += breaksAfterMs;
      const leader: Victim = { type: "leader", topic: SWARM_TOPIC, partition };
      return [
        { atMs: heldMs, fault: { type: "stash", message: "produce-response", count, release: { type: "after-reconnect" } } },
        { atMs, fault: hasFailover ? { type: "crash", victim: leader, restartAfterMs: 400 } : { type: "reset", losesBytes: true } },
      ];
    });
  });
}

/** A sync fails, the pages count as clean and are lost with the power soon after (fsyncgate). */
export function syncFails(startMs: number): fc.Arbitrary<FaultAction[]> {
  return fc
    .record({ victim: anyNode, path: fc.constantFrom(SWARM_TOPIC, SWARM_TOPIC, "quorum.wal"), losesAfterMs: millis(1, 1_500), restartAfterMs: restart })
    .map(({ victim, path, losesAfterMs, restartAfterMs }) => [
      { atMs: startMs, fault: { type: "disk-error", victim, operation: "sync", path, error: "EIO", count: 1 } },
      { atMs: startMs + losesAfterMs, fault: { type: "power-loss", victim, restartAfterMs } },
    ]);
}

/** All nodes lose their power within a moment: more than any setting promises to survive, so that what is lost must be told as allowed. */
export function blackout(startMs: number): fc.Arbitrary<FaultAction[]> {
  const blow = fc.record({ afterMs: millis(0, 30), restartAfterMs: fc.oneof(millis(5, 400), millis(400, 6_000)) });
  return fc.array(blow, { minLength: NODES_MAX, maxLength: NODES_MAX }).map((blows) =>
    blows.map(({ afterMs, restartAfterMs }, index): FaultAction => ({
      atMs: startMs + afterMs,
      fault: { type: "power-loss", victim: { type: "node", id: index + 1 }, restartAfterMs },
    })),
  );
}
