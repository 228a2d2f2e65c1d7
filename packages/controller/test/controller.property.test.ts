import {
  EMPTY_IMAGE,
  effectiveMinIsr,
  fromPlain,
  imageHash,
  imageViolations,
  type MetadataImage,
  type PartitionImage,
  replayBatch,
  toPlain,
} from "@samsa/metadata";
import { brokerEpoch, type NodeId, nodeId, partitionEpoch } from "@samsa/stdx";
import fc from "fast-check";
import { expect, test } from "vitest";
import { directory, ids, incarnation, Quorum } from "./support/quorum.ts";

const SEED = 0xfe7ce;
const BROKERS = 4;

type Step =
  | { readonly type: "restart"; readonly broker: number; readonly losesPageCache: boolean }
  | { readonly type: "heartbeat"; readonly broker: number; readonly wantsShutdown: boolean; readonly isStale: boolean }
  | { readonly type: "advance"; readonly ms: number }
  | { readonly type: "connection-lost"; readonly broker: number; readonly outcome: "refused" | "alive" | "replaced" | "silent" }
  | { readonly type: "create"; readonly topic: number; readonly partitions: number; readonly factor: number; readonly minIsr: number | undefined }
  | { readonly type: "alter"; readonly topic: number; readonly members: readonly number[]; readonly staleMember: number; readonly partitionEpochLag: number }
  | { readonly type: "hold" | "commit" | "release" }
  | { readonly type: "depose"; readonly kept: number };

const STEPS = { minLength: 60, maxLength: 160, size: "max" } as const;
const broker = fc.integer({ min: 1, max: BROKERS });
const topic = fc.integer({ min: 0, max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant("restart" as const), broker, losesPageCache: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("heartbeat" as const),
      broker,
      wantsShutdown: fc.integer({ max: 9 }).map((n) => n === 9),
      isStale: fc.integer({ min: 0, max: 9 }).map((n) => n === 9),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("advance" as const), ms: fc.constantFrom(50, 300, 700) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("connection-lost" as const),
      broker,
      outcome: fc.constantFrom("refused" as const, "alive" as const, "replaced" as const, "silent" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("create" as const),
      topic,
      partitions: fc.integer({ min: 1, max: 3 }),
      factor: fc.integer({ min: 1, max: BROKERS }),
      minIsr: fc.option(fc.integer({ min: 1, max: BROKERS }), { nil: undefined }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("alter" as const),
      topic,
      members: fc.uniqueArray(broker),
      staleMember: fc.integer({ min: 0, max: 12 }),
      partitionEpochLag: fc.constantFrom(0, 0, 0, 1),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom("hold" as const, "commit" as const, "release" as const, "release" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("depose" as const), kept: fc.integer({ min: 0, max: 3 }) }) },
);

function perform(quorum: Quorum, step: Step, incarnations: { next: number }): void {
  switch (step.type) {
    case "restart":
      return restart(quorum, step, incarnations);
    case "heartbeat": {
      const epoch = brokerEpoch(quorum.brokerEpoch(step.broker) - (step.isStale ? 1 : 0));
      const appliedIndex = quorum.controller.image.index;
      quorum.send({ type: "broker-heartbeat", brokerId: nodeId(step.broker), brokerEpoch: epoch, appliedIndex, wantsShutdown: step.wantsShutdown });
      return;
    }
    case "advance":
      return quorum.advance(step.ms);
    case "connection-lost":
      quorum.connectionLost(step.broker);
      for (const id of quorum.takeProbes()) quorum.probed(id, id === step.broker ? step.outcome : "alive");
      return;
    case "create":
      return create(quorum, step);
    case "alter":
      return alter(quorum, step);
    case "hold":
      quorum.holdsCommits = true;
      return;
    case "commit":
      quorum.commitOne();
      return;
    case "release":
      quorum.holdsCommits = false;
      return quorum.settle();
    case "depose":
      quorum.depose(step.kept);
      return quorum.elect();
  }
}

function restart(quorum: Quorum, { broker, losesPageCache }: Extract<Step, { type: "restart" }>, incarnations: { next: number }): void {
  quorum.send({
    type: "register-broker",
    brokerId: nodeId(broker),
    incarnationId: incarnation(incarnations.next++),
    endpoints: [],
    controlEndpoint: { host: "localhost", port: broker },
    rack: null,
    pageCacheSurvived: !losesPageCache,
    directoryId: directory(broker),
    features: [],
  });
  for (const id of quorum.takeProbes()) quorum.probed(id, id === broker ? "replaced" : "alive");
}

function create(quorum: Quorum, { topic, partitions, factor, minIsr }: Extract<Step, { type: "create" }>): void {
  const configs = new Map(minIsr === undefined ? [] : [["min.insync.replicas", String(minIsr)]]);
  quorum.send({
    type: "create-topics",
    topics: [{ name: `t${topic}`, partitionCount: partitions, replicationFactor: factor, assignments: [], configs }],
    validateOnly: false,
  });
}

/** Asked on the committed state, as a leader does; the controller may know better by now. */
function alter(quorum: Quorum, { topic, members, staleMember, partitionEpochLag }: Extract<Step, { type: "alter" }>): void {
  const { image } = quorum.controller;
  for (const partition of image.topicByName(`t${topic}`)?.partitions ?? []) {
    const isr = [...new Set([partition.leader, ...ids(...members)])].filter((id) => partition.replicas.includes(id));
    const newIsr = isr.map((id) => ({ brokerId: id, brokerEpoch: brokerEpoch(quorum.brokerEpoch(id) - (id === staleMember ? 1 : 0)) }));
    const asked = {
      topicId: quorum.topicId(`t${topic}`),
      partition: partition.partition,
      leaderEpoch: partition.leaderEpoch,
      partitionEpoch: partitionEpoch(partition.partitionEpoch - partitionEpochLag),
      newIsr,
    };
    quorum.send({ type: "alter-partition", brokerId: partition.leader, brokerEpoch: quorum.brokerEpoch(partition.leader), partitions: [asked] });
  }
}

/** What must hold between any image and the next one of the same log. */
function checkStep(before: MetadataImage, after: MetadataImage): void {
  expect(imageViolations(after)).toEqual([]);
  expect(after.nextBrokerEpoch).toBeGreaterThanOrEqual(before.nextBrokerEpoch);
  for (const topic of before.topics()) {
    const next = after.topicById(topic.topicId);
    expect(next?.partitions.length).toBe(topic.partitions.length);
    for (const partition of topic.partitions)
      checkPartition(partition, next?.partitions[partition.partition], {
        before,
        after,
        minIsr: effectiveMinIsr(after, topic.name, partition.replicas.length),
      });
  }
}

function checkPartition(
  before: PartitionImage,
  after: PartitionImage | undefined,
  at: { readonly before: MetadataImage; readonly after: MetadataImage; readonly minIsr: number },
): void {
  if (after === undefined || after === before) return;
  expect(after.partitionEpoch).toBeGreaterThan(before.partitionEpoch);
  expect(after.leaderEpoch - before.leaderEpoch).toBe(after.leader === before.leader ? 0 : 1);
  const wasEligible = (id: NodeId): boolean => before.isr.includes(id) || before.elr.includes(id);
  const restarted = (id: NodeId): boolean => at.before.brokers.get(id)?.brokerEpoch !== at.after.brokers.get(id)?.brokerEpoch;
  // Nobody leads who was not eligible, but the last known leader of a partition without ISR and ELR, or whose last members register anew (I-P6).
  const isLastResort = [...before.isr, ...before.elr].every(restarted) && after.leader === before.lastKnownLeader;
  if (after.leader !== -1 && after.leader !== before.leader) expect(wasEligible(after.leader) || isLastResort).toBe(true);
  for (const id of after.elr) expect(wasEligible(id)).toBe(true);
  // Whoever leaves an ISR that ends below its minimum stays eligible, unless it may have lost records.
  if (after.isr.length < at.minIsr)
    for (const id of [...before.isr, ...before.elr]) expect(after.isr.includes(id) || after.elr.includes(id) || restarted(id)).toBe(true);
}

/** Who may have lost records is nowhere taken for one who has them (P17, I-P6). */
function checkLossy(image: MetadataImage, brokerId: NodeId): void {
  for (const topic of image.topics()) for (const partition of topic.partitions) expect([...partition.isr, ...partition.elr]).not.toContain(brokerId);
}

test("whatever brokers, leaders and controllers do: I-P14, epochs, the ELR's rules, image = replay, one answer to each request", () => {
  const seen = { entries: 0, elections: 0, fromElr: 0, lastResort: 0, shrinks: 0 };
  fc.assert(
    fc.property(fc.array(step, STEPS), fc.nat(), (steps, seed) => {
      const quorum = Quorum.with([1, 2, 3, 4], {}, seed);
      quorum.createTopic("t0", {
        replicas: [
          [1, 2, 3],
          [2, 3, 4],
        ],
      });
      const incarnations = { next: 1 };
      for (const one of steps) {
        perform(quorum, one, incarnations);
        expect(imageViolations(quorum.controller.image)).toEqual([]);
      }
      quorum.holdsCommits = false;
      quorum.settle();
      expect(quorum.replies.size).toBe(quorum.requestCount);
      let image = EMPTY_IMAGE;
      for (const entry of quorum.entries) {
        // By way of plain data, as on another node.
        const records = entry.records.map((record) => fromPlain(toPlain(record))).map((read) => (read.ok ? read.record : expect.fail(read.error)));
        const next = replayBatch(image, records, entry.index).image;
        checkStep(image, next);
        for (const record of records) if (record.type === "register-broker" && !record.pageCacheSurvived) checkLossy(next, record.brokerId);
        image = next;
      }
      expect(imageHash(quorum.controller.image)).toBe(imageHash(image));
      seen.entries += quorum.entries.length;
      for (const event of quorum.traces) {
        if (event.kind === "isr-changed") seen.shrinks++;
        if (event.kind !== "leader-elected") continue;
        seen.elections++;
        if (event.because.endsWith("from the ELR")) seen.fromElr++;
        if (event.because.includes("last known leader")) seen.lastResort++;
      }
    }),
    { seed: SEED, numRuns: 150 },
  );
  // The plans reach what they are about.
  expect(seen.entries).toBeGreaterThan(5000);
  expect(Math.min(seen.elections, seen.shrinks, seen.fromElr, seen.lastResort * 10)).toBeGreaterThan(200);
});

test("when everybody comes back, every partition has a leader again, and no record had to be given up without need", () => {
  fc.assert(
    fc.property(fc.array(step, STEPS), fc.nat(), (steps, seed) => {
      const quorum = Quorum.with([1, 2, 3, 4], {}, seed);
      const incarnations = { next: 1 };
      for (const one of steps) perform(quorum, one, incarnations);
      quorum.holdsCommits = false;
      quorum.settle();
      quorum.advance(5000);
      for (const id of [1, 2, 3, 4]) {
        restart(quorum, { type: "restart", broker: id, losesPageCache: false }, incarnations);
        for (const other of [1, 2, 3, 4])
          quorum.send({
            type: "broker-heartbeat",
            brokerId: nodeId(other),
            brokerEpoch: quorum.brokerEpoch(other),
            appliedIndex: quorum.controller.image.index,
            wantsShutdown: false,
          });
      }
      for (const topic of quorum.controller.image.topics()) for (const partition of topic.partitions) expect(partition.leader).not.toBe(-1);
    }),
    { seed: SEED, numRuns: 60 },
  );
});
