import { type CommittedMetadata, Controller, type ControllerOutput, type DecidedRequest } from "@samsa/controller";
import { EMPTY_IMAGE, imageHash, imageViolations, replayBatch, SUPPORTED_FEATURES } from "@samsa/metadata";
import { micros, type NodeId, nodeId, type Now, Prng, uuid, wallMs, ZERO_UUID } from "@samsa/stdx";
import fc from "fast-check";
import type { Proposed } from "raft-ts";
import { expect, test } from "vitest";
import { decodeEntry } from "../src/metadata-entry.ts";
import { proposeBatch } from "../src/propose-batch.ts";

const SEED = 0x9e4e;
const BROKERS = [1, 2, 3, 4];
const NOW: Now = { monotonicUs: micros(0), wallMs: wallMs(0) };

type Ask = { readonly type: "stop" | "restart" | "heartbeat"; readonly broker: number } | { readonly type: "create"; readonly topic: number };

/** Requests of one turn, and which of its proposals Raft refuses; it would take all others, also those that must not come any more. */
interface Turn {
  readonly asks: readonly Ask[];
  readonly refused: number | undefined;
}

const ask: fc.Arbitrary<Ask> = fc.oneof(
  fc.record({ type: fc.constantFrom("stop" as const, "restart" as const, "heartbeat" as const), broker: fc.constantFrom(...BROKERS) }),
  fc.record({ type: fc.constant("create" as const), topic: fc.nat(5) }),
);
const turn: fc.Arbitrary<Turn> = fc.record({ asks: fc.array(ask, { minLength: 1, maxLength: 10 }), refused: fc.constantFrom(undefined, 0, 0, 1, 2) });

/** A controller whose batches go through `proposeBatch` to a log that commits all it takes at the end of a turn. */
class Run {
  readonly controller = new Controller({
    self: nodeId(1),
    config: {
      brokerSessionTimeoutMs: 1000,
      fencingByRefusedDial: false,
      defaultReplicationFactor: 3,
      numPartitions: 1,
      minInsyncReplicas: 2,
      isUncleanElectionEnabled: false,
      isDeleteTopicEnabled: true,
      leaderBalanceIntervalMs: undefined,
    },
    prng: new Prng(SEED),
  });
  readonly entries: CommittedMetadata[] = [];
  readonly answered = new Set<number>();
  asked = 0;
  refusals = 0;
  /** Batches that were drained with a refused one, behind it. */
  voided = 0;
  /** Of those, the ones that Raft was given all the same. */
  leaked = 0;
  private committed = 0;
  private epoch = 0;
  private incarnations = 0;

  elect(): void {
    this.epoch++;
    this.controller.becameLeader(this.epoch, NOW);
    this.entries.push({ index: this.entries.length + 1, epoch: this.epoch, records: [] });
    this.settle();
  }

  turn({ asks, refused }: Turn): void {
    for (const one of asks) this.ask(one);
    const before = this.refusals;
    this.settle(refused);
    if (this.refusals === before) return;
    // Raft leads no more, says so, and is elected anew.
    expect(this.controller.isActive).toBe(false);
    this.controller.lostLeadership(NOW);
    this.elect();
  }

  ask(one: Ask): void {
    const request = this.request(one);
    this.controller.request(++this.asked, "brokerId" in request ? request.brokerId : nodeId(1), request, NOW);
  }

  private request(one: Ask): DecidedRequest {
    if (one.type === "create") {
      const topics = [{ name: `t${one.topic}`, partitionCount: 3, replicationFactor: 1, assignments: [], configs: new Map<string, string>() }];
      return { type: "create-topics", topics, validateOnly: false };
    }
    const brokerId = nodeId(one.broker);
    if (one.type === "restart") return this.registration(brokerId);
    const epoch = this.controller.image.brokers.get(brokerId)?.brokerEpoch ?? (-1 as never);
    return { type: "broker-heartbeat", brokerId, brokerEpoch: epoch, appliedIndex: this.controller.image.index, wantsShutdown: one.type === "stop" };
  }

  private registration(brokerId: NodeId): DecidedRequest {
    const incarnationId = uuid(String(this.incarnations++).padStart(22, "0"));
    const address = { host: "localhost", port: 1 };
    return {
      type: "register-broker",
      brokerId,
      incarnationId,
      endpoints: [],
      controlEndpoint: address,
      rack: null,
      pageCacheSurvived: false,
      directoryId: ZERO_UUID,
      features: SUPPORTED_FEATURES,
    };
  }

  private settle(refused?: number): void {
    this.perform(this.controller.drain(), refused);
    for (let entry = this.entries[this.committed]; entry !== undefined; entry = this.entries[this.committed]) {
      this.committed++;
      this.controller.committed(entry, NOW);
      this.perform(this.controller.drain(), undefined);
    }
  }

  /** As `Node` does it: a drained list is worked off to its end. */
  private perform(outputs: readonly ControllerOutput[], refused: number | undefined): void {
    let proposals = 0;
    for (const output of outputs) {
      if (output.type === "reply") this.answered.add(output.token);
      if (output.type !== "propose") continue;
      const place = proposals++;
      const isVoid = refused !== undefined && place > refused;
      if (place === refused) this.refusals++;
      if (isVoid) this.voided++;
      const propose = (payload: Uint8Array): Proposed => {
        if (isVoid) this.leaked++;
        return place === refused ? { ok: false, reason: "not-leader", leader: -1 } : this.append(payload);
      };
      proposeBatch(output, { controller: this.controller, quorum: { propose } }, NOW);
    }
    // What the refusal made of the waiting requests.
    if (this.refusals > 0) for (const output of this.controller.drain()) if (output.type === "reply") this.answered.add(output.token);
  }

  private append(payload: Uint8Array): Proposed {
    const index = this.entries.length + 1;
    this.entries.push({ index, epoch: this.epoch, records: decodeEntry(payload, index) });
    return { ok: true, index, term: this.epoch };
  }
}

test("after a refused proposal nothing that was decided in its leadership gets out, and every node can replay the log", () => {
  const seen = { refusals: 0, voided: 0, leaked: 0 };
  fc.assert(
    fc.property(fc.array(turn, { minLength: 5, maxLength: 30 }), (turns) => {
      const run = new Run();
      run.elect();
      run.turn({ asks: BROKERS.map((broker) => ({ type: "restart", broker })), refused: undefined });
      run.turn({ asks: BROKERS.map((broker) => ({ type: "heartbeat", broker })), refused: undefined });
      run.turn({ asks: [0, 1, 2].map((topic) => ({ type: "create", topic })), refused: undefined });
      for (const one of turns) run.turn(one);
      let image = EMPTY_IMAGE;
      for (const { index, records } of run.entries) {
        image = replayBatch(image, records, index).image;
        expect(imageViolations(image)).toEqual([]);
      }
      expect(imageHash(image)).toBe(imageHash(run.controller.image));
      expect(run.answered.size).toBe(run.asked);
      seen.refusals += run.refusals;
      seen.voided += run.voided;
      seen.leaked += run.leaked;
    }),
    { seed: SEED, numRuns: 150 },
  );
  expect(seen.leaked).toBe(0);
  // The plans reach what they are about.
  expect(Math.min(seen.refusals, seen.voided)).toBeGreaterThan(300);
});

test("two brokers that stop in one turn: the second one's batch does not follow the first one's refusal", () => {
  const run = new Run();
  run.elect();
  run.turn({ asks: BROKERS.map((broker) => ({ type: "restart", broker })), refused: undefined });
  run.turn({ asks: BROKERS.map((broker) => ({ type: "heartbeat", broker })), refused: undefined });
  run.turn({ asks: [{ type: "create", topic: 0 }], refused: undefined });
  const entries = run.entries.length;
  const stops = [1, 2].map((broker): Ask => ({ type: "stop", broker }));
  run.turn({ asks: stops, refused: 0 });
  expect([run.refusals, run.voided, run.entries.slice(entries).flatMap(({ records }) => records)]).toEqual([1, 1, []]);
  run.turn({ asks: stops, refused: undefined });
  expect([1, 2].map((id) => run.controller.image.brokers.get(nodeId(id))?.isFenced)).toEqual([true, true]);
});

test("a batch that comes while Raft hands over ends the controller's leadership, and its request is answered", () => {
  const run = new Run();
  run.elect();
  run.ask({ type: "restart", broker: 1 });
  const [output] = run.controller.drain().filter(({ type }) => type === "propose");
  const quorum = { propose: (): Proposed => ({ ok: false, reason: "transferring", leader: 1 }) };
  if (output?.type !== "propose") expect.fail("no proposal");
  proposeBatch(output, { controller: run.controller, quorum }, NOW);
  expect(run.controller.isActive).toBe(false);
  expect(run.controller.drain()).toMatchObject([{ type: "reply", token: 1, reply: { error: "NOT_CONTROLLER" } }, { type: "trace" }]);
});

test("a batch too large for an entry is a broken controller: the process must not lead on without it", () => {
  const run = new Run();
  run.elect();
  run.ask({ type: "restart", broker: 1 });
  const [output] = run.controller.drain().filter(({ type }) => type === "propose");
  const quorum = { propose: (): Proposed => ({ ok: false, reason: "too-large", leader: 1 }) };
  if (output?.type !== "propose") expect.fail("no proposal");
  expect(() => proposeBatch(output, { controller: run.controller, quorum }, NOW)).toThrow("the controller's batches fit into an entry");
});
