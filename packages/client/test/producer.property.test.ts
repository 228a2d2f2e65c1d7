import { ErrorCode } from "@samsa/protocol";
import { Prng } from "@samsa/stdx";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProducerConfig, ProducerEvent } from "../src/index.ts";
import type { Weather } from "./fake-world.ts";
import { type Harness, harness, record, TOPIC } from "./harness.ts";

const PARTITIONS = 2;
const RECORDS = 60;
const ROUGH: Weather = {
  loseRequestPpm: 60_000,
  loseResponsePpm: 60_000,
  stashRequestPpm: 40_000,
  silencePpm: 10_000,
  refusedDialPpm: 50_000,
  latencyMsMax: 20,
};

const TRANSIENT = [
  { error: ErrorCode.NOT_ENOUGH_REPLICAS, isAppended: false },
  { error: ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND, isAppended: true },
  { error: ErrorCode.NOT_LEADER_OR_FOLLOWER, isAppended: true },
  { error: ErrorCode.REQUEST_TIMED_OUT, isAppended: true },
  { error: ErrorCode.KAFKA_STORAGE_ERROR, isAppended: false },
];

interface Run {
  readonly harness: Harness;
  /** By record id: the partition that it was sent to. */
  readonly partitions: readonly number[];
  readonly events: readonly ProducerEvent[];
}

/** Sends records over some seconds while connections break, leaders move and brokers refuse; then calm, to the end. */
function run(seed: number, config: Partial<ProducerConfig>): Run {
  const prng = new Prng(seed);
  const setup = harness({ seed });
  const { world, cluster, client } = setup;
  cluster.createTopic(TOPIC, PARTITIONS);
  const producer = client.producer({ lingerMs: prng.below(20), batchSizeBytes: 100 + prng.below(400), deliveryTimeoutMs: 2000 + prng.below(8000), ...config });
  setup.watch(producer);
  world.weather = ROUGH;
  cluster.refuse = () => (prng.chancePpm(100_000) ? prng.pick(TRANSIENT) : undefined);
  const partitions: number[] = [];
  for (let i = 0; i < RECORDS; i++) {
    const partition = prng.below(PARTITIONS);
    world.act(prng.below(20) + i * 60, (now) => {
      const id = producer.send(record(String(partitions.length), partition), now);
      if (id !== undefined) partitions.push(partition);
    });
  }
  for (let i = 0; i < 6; i++) world.after(prng.below(4000), () => cluster.moveLeader(TOPIC, prng.below(PARTITIONS), prng.below(3)));
  world.runFor(4000);
  world.weather = { ...ROUGH, loseRequestPpm: 0, loseResponsePpm: 0, stashRequestPpm: 0, silencePpm: 0, refusedDialPpm: 0 };
  cluster.refuse = () => undefined;
  expect(world.runUntil(() => producer.openRecords === 0 && partitions.length === RECORDS, 60_000)).toBe(true);
  world.runFor(5000);
  return { harness: setup, partitions, events: setup.events as ProducerEvent[] };
}

const logOf = ({ harness: { cluster } }: Run, partition: number): readonly number[] =>
  (cluster.topics.get(TOPIC)?.partitions[partition]?.log.values ?? []).map(Number);

/** Ids with their offset if they were acknowledged with one. */
function ackedOffsets(events: readonly ProducerEvent[]): Map<number, number | undefined> {
  const acked = new Map<number, number | undefined>();
  for (const event of events) {
    if (event.type === "delivered") event.ids.forEach((id, index) => acked.set(id, event.baseOffset === undefined ? undefined : event.baseOffset + index));
  }
  return acked;
}

function checkRun(result: Run): void {
  const { events, partitions } = result;
  const told = events.flatMap((event) => event.ids);
  expect([...told].sort((a, b) => a - b)).toEqual(partitions.map((_, id) => id));
  const acked = ackedOffsets(events);
  for (const [id, offset] of acked) {
    const log = logOf(result, partitions[id] ?? -1);
    expect(log).toContain(id);
    if (offset !== undefined) expect(log[offset]).toBe(id);
  }
  for (const event of events) {
    if (event.type === "delivered" || event.error !== "NOT_SENT") continue;
    for (const id of event.ids) expect(logOf(result, partitions[id] ?? -1)).not.toContain(id);
  }
}

describe("a producer in rough weather", () => {
  it("with idempotence writes nothing twice, and what it acknowledges lies in the order of send", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const result = run(seed, { isIdempotent: true, maxInFlight: 5 });
        checkRun(result);
        const acked = ackedOffsets(result.events);
        for (let partition = 0; partition < PARTITIONS; partition++) {
          const log = logOf(result, partition);
          expect(new Set(log).size).toBe(log.length);
          const inLog = log.filter((id) => acked.has(id));
          expect(inLog).toEqual([...inLog].sort((a, b) => a - b));
        }
      }),
      { seed: 20261121, numRuns: 60 },
    );
  });

  it("without idempotence and with one request in flight tells every outcome once", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => checkRun(run(seed, { isIdempotent: false, maxInFlight: 1 }))),
      { seed: 20261121, numRuns: 20 },
    );
  });

  it("without idempotence and with five requests in flight tells every outcome once", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => checkRun(run(seed, { isIdempotent: false, maxInFlight: 5 }))),
      { seed: 20261121, numRuns: 20 },
    );
  });

  it("delivers most of what it was given", () => {
    const outcomes = [1, 2, 3, 4, 5].flatMap((seed) =>
      run(seed, { isIdempotent: true, deliveryTimeoutMs: 30_000 })
        .events.filter((event) => event.type === "delivered")
        .flatMap((event) => event.ids),
    );
    expect(outcomes.length).toBeGreaterThan(5 * RECORDS * 0.9);
  });

  it("does the same thing again with the same seed", () => {
    expect(run(42, { isIdempotent: true }).events).toEqual(run(42, { isIdempotent: true }).events);
  });
});
