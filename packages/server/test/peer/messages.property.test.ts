import type { ControllerReply, ControllerRequest } from "@samsa/controller";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pack, unpack } from "../../src/peer/codec.ts";
import { decodePeerMessage, encodePeerMessage, type PeerMessage } from "../../src/peer/messages.ts";

const SEED = 20_261_121;
const integer = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 63, 64, 127, 128, 2 ** 31, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER));
const text = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom("", "__proto__", "constructor", "é\u{1F600}"));
const level = fc.nat(32_767);
const uuid = fc.constantFrom("A".repeat(22), "-_0123456789abcdefghij");
const few = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { maxLength: 4 });
const asOf = <T>(record: fc.Arbitrary<unknown>): fc.Arbitrary<T> => record as fc.Arbitrary<T>;

const resource = { resourceType: fc.constantFrom("topic", "broker"), resourceName: text };
const outcome = { error: text, message: fc.option(text) };

const request = asOf<ControllerRequest>(
  fc.oneof(
    fc.record({
      type: fc.constant("register-broker"),
      brokerId: integer,
      incarnationId: text,
      endpoints: few(fc.record({ listener: text, host: text, port: integer })),
      controlEndpoint: fc.record({ host: text, port: integer }),
      rack: fc.option(text),
      pageCacheSurvived: fc.boolean(),
      directoryId: uuid,
      features: few(fc.record({ name: text, minLevel: level, maxLevel: level })),
    }),
    fc.record({ type: fc.constant("broker-heartbeat"), brokerId: integer, brokerEpoch: integer, appliedIndex: integer, wantsShutdown: fc.boolean() }),
    fc.record({
      type: fc.constant("create-topics"),
      topics: few(
        fc.record({
          name: text,
          partitionCount: integer,
          replicationFactor: integer,
          assignments: few(fc.record({ partition: integer, replicas: few(integer) })),
          configs: few(fc.tuple(text, fc.option(text))).map((pairs) => new Map(pairs)),
        }),
      ),
      validateOnly: fc.boolean(),
    }),
    fc.record({
      type: fc.constant("alter-partition"),
      brokerId: integer,
      brokerEpoch: integer,
      partitions: few(
        fc.record({
          topicId: text,
          partition: integer,
          leaderEpoch: integer,
          partitionEpoch: integer,
          newIsr: few(fc.record({ brokerId: integer, brokerEpoch: integer })),
        }),
      ),
    }),
    fc.record({ type: fc.constant("allocate-producer-ids"), brokerId: integer, brokerEpoch: integer }),
    fc.record({ type: fc.constant("delete-topics"), topics: few(fc.record({ name: fc.option(text), topicId: uuid })) }),
    fc.record({
      type: fc.constant("create-partitions"),
      topics: few(fc.record({ name: text, partitionCount: integer, assignments: fc.option(few(few(integer))) })),
      validateOnly: fc.boolean(),
    }),
    fc.record({
      type: fc.constant("incremental-alter-configs"),
      resources: few(
        fc.record({
          ...resource,
          changes: few(fc.record({ name: text, operation: fc.constantFrom("set", "delete", "append", "subtract"), value: fc.option(text) })),
        }),
      ),
      validateOnly: fc.boolean(),
    }),
    fc.record({
      type: fc.constant("alter-configs"),
      resources: few(fc.record({ ...resource, configs: few(fc.record({ name: text, value: fc.option(text) })) })),
      validateOnly: fc.boolean(),
    }),
    fc.record({
      type: fc.constant("elect-leaders"),
      electionType: fc.constantFrom("preferred", "unclean"),
      partitions: fc.option(few(fc.record({ topic: text, partition: integer }))),
    }),
    fc.record({
      type: fc.constant("update-features"),
      updates: few(fc.record({ name: text, level: integer, upgradeType: fc.constantFrom("upgrade", "safe-downgrade", "unsafe-downgrade") })),
      validateOnly: fc.boolean(),
    }),
  ),
);

const reply = asOf<ControllerReply>(
  fc.oneof(
    fc.record({ type: fc.constant("register-broker"), error: text, brokerEpoch: integer }),
    fc.record({ type: fc.constant("broker-heartbeat"), error: text, isFenced: fc.boolean(), shouldShutDown: fc.boolean() }),
    fc.record({
      type: fc.constant("create-topics"),
      error: text,
      topics: few(fc.record({ name: text, error: text, message: fc.option(text), topicId: text, partitionCount: integer, replicationFactor: integer })),
    }),
    fc.record({
      type: fc.constant("alter-partition"),
      error: text,
      partitions: few(
        fc.record({ topicId: text, partition: integer, error: text, leader: integer, leaderEpoch: integer, partitionEpoch: integer, isr: few(integer) }),
      ),
    }),
    fc.record({ type: fc.constant("allocate-producer-ids"), error: text, firstProducerId: integer, count: integer }),
    fc.record({ type: fc.constant("delete-topics"), error: text, topics: few(fc.record({ name: fc.option(text), topicId: text, ...outcome })) }),
    fc.record({ type: fc.constant("create-partitions"), error: text, topics: few(fc.record({ name: text, ...outcome })) }),
    fc.record({
      type: fc.constantFrom("incremental-alter-configs", "alter-configs"),
      error: text,
      resources: few(fc.record({ ...resource, ...outcome })),
    }),
    fc.record({ type: fc.constant("elect-leaders"), error: text, partitions: few(fc.record({ topic: text, partition: integer, ...outcome })) }),
    fc.record({ type: fc.constant("update-features"), error: text, features: few(fc.record({ name: text, ...outcome })) }),
  ),
);

const term = fc.integer({ min: 1, max: 1_000 });
const index = fc.nat(1_000);
const raft = fc.oneof(
  fc.record({ type: fc.constant("vote-request"), term, lastIndex: index, lastTerm: fc.nat(1) }),
  fc.record({ type: fc.constant("vote-response"), term, isGranted: fc.boolean() }),
);

const node = fc.record({ type: fc.constant("node"), id: integer });
const fault = fc.oneof(
  fc.record({ type: fc.constant("plant"), victim: node, plant: fc.constantFrom("drop-acked", "duplicate", "reorder"), topic: text, afterBatches: integer }),
  fc.record({ type: fc.constantFrom("slow-network", "slow-disk"), victim: node, byMs: integer, forMs: integer }),
  fc.record({ type: fc.constant("disk-full"), victim: node, forMs: integer }),
  fc.record({ type: fc.constant("log-dir-failure"), victim: node, logDir: integer, forMs: integer }),
  fc.record({
    type: fc.constant("disk-error"),
    victim: node,
    operation: fc.constantFrom("append", "sync", "read", "truncate"),
    path: text,
    error: fc.constantFrom("EIO", "ENOSPC"),
    count: integer,
  }),
  fc.record({ type: fc.constant("reset"), losesBytes: fc.boolean() }),
  fc.record({ type: fc.constant("cut"), endpoints: few(text) }),
  fc.record({ type: fc.constant("cut"), endpoints: few(text), stops: fc.constantFrom("outgoing", "incoming") }),
  fc.record({ type: fc.constant("heal") }),
);

const count = fc.nat();
const report = fc.record({
  nodeId: integer,
  controller: integer,
  controllerEpoch: integer,
  metadataIndex: count,
  brokers: few(fc.record({ id: integer, isFenced: fc.boolean(), leads: count, replicas: count, inSync: count })),
  topicCount: count,
  partitionCount: count,
  leaderlessCount: count,
  underReplicatedCount: count,
  partitions: few(fc.record({ topic: text, partition: count, leader: integer, leaderEpoch: integer, replicas: few(integer), isr: few(integer) })),
  ownReplicas: few(fc.record({ topic: text, partition: count, logStartOffset: integer, logEndOffset: integer, highWatermark: integer })),
  groups: fc.option(
    few(
      fc.record({
        groupId: text,
        state: text,
        type: text,
        memberCount: count,
        offsets: few(fc.record({ topic: text, partition: count, offset: integer })),
        offsetCount: count,
      }),
    ),
  ),
});

const message = asOf<PeerMessage>(
  fc.oneof(
    fc.record({ type: fc.constant("ask"), token: integer, request }),
    fc.record({ type: fc.constant("answer"), token: integer, reply }),
    fc.record({ type: fc.constant("inject"), token: integer, fault }),
    fc.record({ type: fc.constant("injected"), token: integer, error: fc.option(text) }),
    fc.record({ type: fc.constant("describe-node"), token: integer, topic: fc.option(text), partitionsMax: fc.nat(10_000), groupsMax: fc.nat(100) }),
    fc.record({ type: fc.constant("node-described"), token: integer, report }),
  ),
);

describe("Messages between nodes", () => {
  it(`are what they were when they arrive (seed ${SEED})`, () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(decodePeerMessage(encodePeerMessage(sent))).toEqual(sent);
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it(`that are damaged are refused or are other messages, never an error (seed ${SEED})`, () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.oneof(message, asOf<PeerMessage>(raft.map((content) => ({ type: "raft", message: content })))), flips, fc.nat(), (sent, changes, cut) => {
        const bytes = Uint8Array.from(encodePeerMessage(sent));
        for (const [at, flip] of changes) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ flip;
        for (const damaged of [bytes, bytes.slice(0, cut % bytes.length)]) {
          const read = decodePeerMessage(damaged);
          // Whatever is accepted is whole: it can be sent on.
          if (read !== undefined) expect(decodePeerMessage(encodePeerMessage(read))).toEqual(read);
        }
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  it(`never follow from noise (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodePeerMessage(bytes)).toBeUndefined();
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  it.each([
    ["an array that claims 2^31 elements", [0xdd, 0x7f, 0xff, 0xff, 0xff]],
    ["a map that claims 2^31 pairs", [0xdf, 0x7f, 0xff, 0xff, 0xff]],
    ["a string that claims 2^31 bytes", [0xdb, 0x7f, 0xff, 0xff, 0xff]],
    ["a nesting of 100 000 levels", Array.from({ length: 100_000 }, () => 0x91)],
    ["two values", [0x01, 0x02]],
    ["nothing", []],
  ])("are refused where the bytes are %s", (_, bytes) => {
    expect(unpack(Uint8Array.from(bytes))).toBeUndefined();
    expect(decodePeerMessage(Uint8Array.from(bytes))).toBeUndefined();
  });

  it("can't teach the decoder records that change how later messages read: small integers stay themselves", () => {
    // msgpackr's extension 0x72 defines record 0x40, which elsewhere is the integer 64.
    unpack(Uint8Array.of(0xd4, 0x72, 0x40, 0x92, 0xa1, 0x61, 0xa1, 0x62, 1, 2));
    unpack(Uint8Array.of(0xd4, 0x72, 0x40, 0x92, 0xa1, 0x61));
    for (let value = 0; value < 128; value++) expect(unpack(pack(value))).toBe(value);
    const ask: PeerMessage = { type: "ask", token: 64, request: { type: "allocate-producer-ids", brokerId: 65, brokerEpoch: 127 } as never };
    expect(decodePeerMessage(encodePeerMessage(ask))).toEqual(ask);
  });

  it("have at most 10 000 of anything", () => {
    const partitions = (count: number) => Array.from({ length: count }, () => ({ topicId: "t", partition: 0, leaderEpoch: 0, partitionEpoch: 0, newIsr: [] }));
    const ask = (count: number) =>
      encodePeerMessage({ type: "ask", token: 1, request: { type: "alter-partition", brokerId: 1, brokerEpoch: 1, partitions: partitions(count) } as never });
    expect(decodePeerMessage(ask(10_000))).toBeDefined();
    expect(decodePeerMessage(ask(10_001))).toBeUndefined();
  });
});
