import {
  EMPTY_IMAGE,
  effectiveMinIsr,
  fromPlain,
  imageHash,
  imageViolations,
  type MetadataImage,
  type MetadataRecord,
  type PartitionImage,
  recordSchemas,
  replayBatch,
  toPlain,
  SUPPORTED_FEATURES,
} from "@samsa/metadata";
import { brokerEpoch, type NodeId, nodeId, partitionEpoch, ZERO_UUID } from "@samsa/stdx";
import fc from "fast-check";
import { expect, test } from "vitest";
import { uncleanRule } from "../src/unclean-election.ts";
import { directory, ids, incarnation, Quorum } from "./support/quorum.ts";

const SEED = 0xfe7ce;
const BROKERS = 4;

type Step =
  | { readonly type: "restart"; readonly broker: number; readonly losesPageCache: boolean; readonly isWiped: boolean }
  | { readonly type: "heartbeat"; readonly broker: number; readonly wantsShutdown: boolean; readonly isStale: boolean }
  | { readonly type: "advance"; readonly ms: number }
  | { readonly type: "connection-lost"; readonly broker: number; readonly outcome: "refused" | "alive" | "replaced" | "silent" }
  | { readonly type: "create"; readonly topic: number; readonly partitions: number; readonly factor: number; readonly minIsr: number | undefined }
  | { readonly type: "alter"; readonly topic: number; readonly members: readonly number[]; readonly staleMember: number; readonly partitionEpochLag: number }
  | { readonly type: "hold" | "commit" | "release" }
  | { readonly type: "delete"; readonly topic: number; readonly isById: boolean }
  | { readonly type: "grow"; readonly topic: number; readonly partitions: number }
  | { readonly type: "config"; readonly topic: number | undefined; readonly name: string; readonly value: string | null }
  | { readonly type: "elect"; readonly electionType: "preferred" | "unclean"; readonly topic: number | undefined }
  | { readonly type: "depose"; readonly kept: number };

const STEPS = { minLength: 60, maxLength: 160, size: "max" } as const;
const broker = fc.integer({ min: 1, max: BROKERS });
const topic = fc.integer({ min: 0, max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("restart" as const), broker, losesPageCache: fc.boolean(), isWiped: fc.nat(9).map((n) => n === 9) }),
  },
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
  { weight: 1, arbitrary: fc.record({ type: fc.constant("delete" as const), topic, isById: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("grow" as const), topic, partitions: fc.integer({ min: 1, max: 5 }) }) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({
        type: fc.constant("config" as const),
        topic: fc.option(topic, { nil: undefined }),
        name: fc.constant("min.insync.replicas"),
        value: fc.option(fc.integer({ min: 1, max: BROKERS }).map(String)),
      }),
      fc.record({
        type: fc.constant("config" as const),
        topic: fc.option(topic, { nil: undefined }),
        name: fc.constant("unclean.leader.election.enable"),
        value: fc.constantFrom("true", "false", "false", "false", null),
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("elect" as const),
      electionType: fc.constantFrom("preferred" as const, "preferred" as const, "unclean" as const),
      topic: fc.option(topic, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("depose" as const), kept: fc.integer({ min: 0, max: 3 }) }) },
);

/** What a run hands on from step to step. */
interface Run {
  nextIncarnation: number;
  /** The disk that each broker has now. */
  readonly disks: Map<number, number>;
  /** Entries that an unclean election was asked for with. */
  readonly unclean: Set<object>;
}

const newRun = (): Run => ({ nextIncarnation: 1, disks: new Map(), unclean: new Set() });

function perform(quorum: Quorum, step: Step, run: Run): void {
  switch (step.type) {
    case "restart":
      return restart(quorum, step, run);
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
    case "delete": {
      const name = `t${step.topic}`;
      const asked = step.isById ? { name: null, topicId: quorum.topicId(name) } : { name, topicId: ZERO_UUID };
      quorum.send({ type: "delete-topics", topics: [asked] });
      return;
    }
    case "grow":
      quorum.send({ type: "create-partitions", topics: [{ name: `t${step.topic}`, partitionCount: step.partitions, assignments: null }], validateOnly: false });
      return;
    case "config":
      return changeConfig(quorum, step);
    case "elect":
      return elect(quorum, step, run);
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

function changeConfig(quorum: Quorum, { topic, name, value }: Extract<Step, { type: "config" }>): void {
  const resource =
    topic === undefined ? ({ resourceType: "broker", resourceName: "" } as const) : ({ resourceType: "topic", resourceName: `t${topic}` } as const);
  const changes = [{ name, value, operation: value === null ? ("delete" as const) : ("set" as const) }];
  quorum.send({ type: "incremental-alter-configs", resources: [{ ...resource, changes }], validateOnly: false });
}

function elect(quorum: Quorum, { electionType, topic }: Extract<Step, { type: "elect" }>, { unclean }: Run): void {
  const count = quorum.entries.length;
  quorum.send({ type: "elect-leaders", electionType, partitions: topic === undefined ? null : [{ topic: `t${topic}`, partition: 0 }] });
  if (electionType === "unclean") for (const entry of quorum.entries.slice(count)) unclean.add(entry);
}

function restart(quorum: Quorum, { broker, losesPageCache, isWiped }: Extract<Step, { type: "restart" }>, run: Run): void {
  if (isWiped) run.disks.set(broker, BROKERS + run.nextIncarnation);
  quorum.send({
    type: "register-broker",
    brokerId: nodeId(broker),
    incarnationId: incarnation(run.nextIncarnation++),
    endpoints: [],
    controlEndpoint: { host: "localhost", port: broker },
    rack: null,
    pageCacheSurvived: !losesPageCache,
    directoryId: directory(run.disks.get(broker) ?? broker),
    features: SUPPORTED_FEATURES,
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
function checkStep(before: MetadataImage, after: MetadataImage, isUncleanAsked: boolean): void {
  const isUncleanAllowed = uncleanRule(after, { self: nodeId(1), isUncleanElectionEnabled: false });
  expect(imageViolations(after)).toEqual([]);
  expect(after.nextBrokerEpoch).toBeGreaterThanOrEqual(before.nextBrokerEpoch);
  for (const topic of before.topics()) {
    const next = after.topicById(topic.topicId);
    if (next === undefined) continue;
    expect(next.partitions.length).toBeGreaterThanOrEqual(topic.partitions.length);
    for (const partition of topic.partitions)
      checkPartition(partition, next.partitions[partition.partition], {
        before,
        after,
        isUncleanAllowed: isUncleanAsked || isUncleanAllowed(topic.name),
        minIsr: effectiveMinIsr(after, topic.name, partition.replicas.length),
      });
  }
}

function checkPartition(
  before: PartitionImage,
  after: PartitionImage | undefined,
  at: { readonly before: MetadataImage; readonly after: MetadataImage; readonly minIsr: number; readonly isUncleanAllowed: boolean },
): void {
  if (after === undefined || after === before) return;
  expect(after.partitionEpoch).toBeGreaterThan(before.partitionEpoch);
  expect(after.leaderEpoch - before.leaderEpoch).toBe(after.leader === before.leader ? 0 : 1);
  const wasEligible = (id: NodeId): boolean => before.isr.includes(id) || before.elr.includes(id);
  const restarted = (id: NodeId): boolean => at.before.brokers.get(id)?.brokerEpoch !== at.after.brokers.get(id)?.brokerEpoch;
  // Nobody leads who was not eligible, but the last known leader of a partition without ISR and ELR, or whose last members register anew (I-P6).
  const isLastResort = [...before.isr, ...before.elr].every(restarted) && after.leader === before.lastKnownLeader;
  const isClean = after.leader === -1 || after.leader === before.leader || wasEligible(after.leader) || isLastResort;
  expect(isClean || at.isUncleanAllowed).toBe(true);
  for (const id of after.elr) expect(wasEligible(id)).toBe(true);
  if (!isClean) return expect([after.isr, after.elr]).toEqual([[after.leader], []]);
  // Whoever leaves an ISR that ends below its minimum stays eligible, unless it may have lost records.
  if (after.isr.length < at.minIsr)
    for (const id of [...before.isr, ...before.elr]) expect(after.isr.includes(id) || after.elr.includes(id) || restarted(id)).toBe(true);
}

/** Who may have lost records is nowhere taken for one who has them (P17, I-P6); who has lost all of them, for nobody's last leader. */
function checkLossy(image: MetadataImage, brokerId: NodeId, isWiped: boolean): void {
  for (const topic of image.topics()) {
    for (const partition of topic.partitions) {
      expect([...partition.isr, ...partition.elr]).not.toContain(brokerId);
      if (isWiped) expect(partition.lastKnownLeader).not.toBe(brokerId);
    }
  }
}

function checkRegistrations(before: MetadataImage, after: MetadataImage, records: readonly MetadataRecord[]): void {
  for (const record of records) {
    if (record.type !== "register-broker") continue;
    const earlier = before.brokers.get(record.brokerId)?.directoryId;
    const isWiped = earlier !== undefined && earlier !== record.directoryId;
    if (isWiped || !record.pageCacheSurvived) checkLossy(after, record.brokerId, isWiped);
  }
}

test("whatever brokers, leaders and controllers do: I-P14, epochs, the ELR's rules, image = replay, one answer to each request", () => {
  const seen = { entries: 0, elections: 0, fromElr: 0, lastResort: 0, shrinks: 0, unclean: 0, records: new Set<string>() };
  fc.assert(
    fc.property(fc.array(step, STEPS), fc.nat(), (steps, seed) => {
      const quorum = Quorum.with([1, 2, 3, 4], {}, seed);
      quorum.createTopic("t0", {
        replicas: [
          [1, 2, 3],
          [2, 3, 4],
        ],
      });
      const run = newRun();
      for (const one of steps) {
        perform(quorum, one, run);
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
        checkStep(image, next, run.unclean.has(entry));
        checkRegistrations(image, next, records);
        for (const { type } of records) seen.records.add(type);
        image = next;
      }
      expect(imageHash(quorum.controller.image)).toBe(imageHash(image));
      seen.entries += quorum.entries.length;
      for (const event of quorum.traces) {
        if (event.kind === "isr-changed") seen.shrinks++;
        if (event.kind !== "leader-elected") continue;
        seen.elections++;
        if (event.because.endsWith("from the ELR")) seen.fromElr++;
        if (event.because.includes("; unclean: last known leader")) seen.lastResort++;
        if (event.because.includes("not even the last known leader")) seen.unclean++;
      }
    }),
    { seed: SEED, numRuns: 150 },
  );
  // The plans reach what they are about.
  expect(seen.entries).toBeGreaterThan(5000);
  expect(Math.min(seen.elections, seen.shrinks, seen.fromElr, seen.lastResort * 10, seen.unclean * 10)).toBeGreaterThan(200);
  const inSnapshotsOnly = ["snapshot", "broker"];
  const notOfBrokers = ["producer-ids"];
  // Of brokers with several directories; log-directories.test.ts.
  const ofDirectories = ["broker-directories", "replica-directory"];
  expect(new Set([...seen.records, ...inSnapshotsOnly, ...notOfBrokers, ...ofDirectories])).toEqual(new Set(Object.keys(recordSchemas)));
});

test("when everybody comes back, every partition has a leader again, and no record had to be given up without need", () => {
  fc.assert(
    fc.property(fc.array(step, STEPS), fc.nat(), (steps, seed) => {
      const quorum = Quorum.with([1, 2, 3, 4], {}, seed);
      const run = newRun();
      for (const one of steps) perform(quorum, one.type === "restart" ? { ...one, isWiped: false } : one, run);
      quorum.holdsCommits = false;
      quorum.settle();
      quorum.advance(5000);
      for (const id of [1, 2, 3, 4]) {
        restart(quorum, { type: "restart", broker: id, losesPageCache: false, isWiped: false }, run);
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
