import fc from "fast-check";
import type { PeerMessage } from "@samsa/server";

type RaftType = Extract<PeerMessage, { type: "raft" }>["message"]["type"];
type Request = Extract<PeerMessage, { type: "ask" }>["request"]["type"];

const ID = "AAAAAAAAAAAAAAAAAAAAAA";
const number = fc.constantFrom(-2, -1, 0, 1, 2 ** 31, 2 ** 53 - 1);
const text = fc.constantFrom("", ".", "..", "a/b", "x".repeat(300), "__proto__", "constructor", "\u0000", "no-such");
const token = fc.nat();
/** Nobody's. */
const brokerEpoch = fc.constantFrom(-1, 2 ** 40, 2 ** 41);
const brokerId = fc.constantFrom(1, 2, 3, 4, -1, 2 ** 31);
const few = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { maxLength: 3 });
const constant = <const T>(value: T): fc.Arbitrary<T> => fc.constant(value);

/** Of every kind of request one that can't be granted: unknown brokers, epochs and topics, impossible names and counts. */
const requests = {
  "register-broker": fc.record({
    // A node that is no voter's would be a new broker: only one that is fenced off by its own address is in vain.
    brokerId: fc.constantFrom(-1, -(2 ** 31)),
    incarnationId: text,
    endpoints: few(fc.record({ listener: text, host: text, port: number })),
    controlEndpoint: fc.record({ host: text, port: number }),
    rack: fc.option(text),
    pageCacheSurvived: fc.boolean(),
    directoryId: constant(ID),
    features: constant([]),
  }),
  "broker-heartbeat": fc.record({ brokerId, brokerEpoch, appliedIndex: fc.constantFrom(-1, 0, 2 ** 50), wantsShutdown: fc.boolean() }),
  "assign-replicas-to-dirs": fc.record({
    brokerId,
    brokerEpoch,
    replicas: few(fc.record({ topicId: constant(ID), partition: number, directoryId: constant(ID) })),
  }),
  "create-topics": fc.record({
    topics: few(
      fc.record({
        name: fc.constantFrom("", ".", "..", "a/b", "x".repeat(300), "orders", "\u0000"),
        partitionCount: fc.constantFrom(-2, 0, 2 ** 31, Number.MAX_SAFE_INTEGER),
        replicationFactor: fc.constantFrom(-2, 0, 4, 2 ** 31),
        assignments: constant([]),
        configs: fc.constantFrom(new Map(), new Map([["no.such.config", "1"]])),
      }),
    ),
    validateOnly: fc.boolean(),
  }),
  "alter-partition": fc.record({
    brokerId,
    brokerEpoch,
    partitions: few(
      fc.record({
        topicId: fc.constantFrom("", "__proto__", ID),
        partition: number,
        leaderEpoch: number,
        partitionEpoch: number,
        newIsr: few(fc.record({ brokerId, brokerEpoch })),
      }),
    ),
  }),
  "allocate-producer-ids": fc.record({ brokerId, brokerEpoch }),
  "describe-quorum": constant({}),
  "delete-topics": fc.record({ topics: few(fc.record({ name: fc.option(text), topicId: constant(ID) })) }),
  "create-partitions": fc.record({
    topics: few(fc.record({ name: fc.oneof(text, constant("orders")), partitionCount: fc.constantFrom(-1, 0, 1, 2, 2 ** 31), assignments: constant(null) })),
    validateOnly: fc.boolean(),
  }),
  "incremental-alter-configs": fc.record({
    resources: few(
      fc.record({
        resourceType: fc.constantFrom("topic", "broker"),
        resourceName: text,
        changes: constant([{ name: "no.such.config", operation: "set", value: "1" }]),
      }),
    ),
    validateOnly: fc.boolean(),
  }),
  "alter-configs": fc.record({
    resources: few(fc.record({ resourceType: constant("topic"), resourceName: text, configs: constant([{ name: "no.such.config", value: "1" }]) })),
    validateOnly: fc.boolean(),
  }),
  "elect-leaders": fc.record({ electionType: fc.constantFrom("preferred", "unclean"), partitions: few(fc.record({ topic: text, partition: number })) }),
  "update-features": fc.record({
    updates: few(fc.record({ name: text, level: number, upgradeType: fc.constantFrom("upgrade", "safe-downgrade", "unsafe-downgrade") })),
    validateOnly: fc.boolean(),
  }),
} satisfies Record<Request, fc.Arbitrary<object>>;

/** Of every kind of Raft's messages one of a term that is over. */
function staleRaft(presentTerm: number) {
  const term = fc.integer({ min: 1, max: Math.max(1, presentTerm - 1) });
  const index = fc.nat(1_000);
  const sequence = fc.nat();
  const round = fc.nat();
  const snapshot = fc.record({ index: fc.integer({ min: 1, max: 1_000 }), term: constant(1), size: constant(100), checksum: fc.nat() });
  const entries = { term, sequence, previousIndex: constant(0), previousTerm: constant(0), commitIndex: index, entries: constant([]) };
  return {
    "pre-vote-request": fc.record({ term, round, lastIndex: index, lastTerm: constant(1) }),
    "pre-vote-response": fc.record({ term, round, isGranted: fc.boolean(), leader: fc.constantFrom(-1, 1, 2, 3) }),
    "vote-request": fc.record({ term, lastIndex: index, lastTerm: constant(1) }),
    "vote-response": fc.record({ term, isGranted: fc.boolean() }),
    "append-request": fc.record(entries),
    "append-matched": fc.record({ term, sequence, lastIndex: constant(1_000), matchIndex: index }),
    "append-conflict": fc.record({ term, sequence, lastIndex: index, conflictTerm: constant(1), conflictIndex: index }),
    "snapshot-chunk": fc.record({ term, sequence, snapshot, position: constant(0), bytes: constant(new Uint8Array(100)) }),
    "snapshot-wanted": fc.record({ term, sequence, snapshot, position: fc.nat(100) }),
    "fetch-request": fc.record({ term, sequence, commitIndex: index }),
    "fetch-response": fc.record({ ...entries, commitIndex: index }),
    "fetch-redirect": fc.record({ term, sequence, leader: fc.constantFrom(-1, 1, 2, 3) }),
    "end-term": fc.record({ term, successors: constant([1, 2, 3]) }),
  } satisfies Record<RaftType, fc.Arbitrary<object>>;
}

const typed = (type: string, fields: fc.Arbitrary<object>): fc.Arbitrary<object> => fields.map((others) => ({ type, ...others }));

/** In shape, from somebody who knows the secret, and good for nothing. */
export function vainMessage(presentTerm: number): fc.Arbitrary<PeerMessage> {
  const answer = fc.record({
    type: constant("broker-heartbeat"),
    error: fc.constantFrom("NONE", "__proto__"),
    isFenced: fc.boolean(),
    shouldShutDown: fc.boolean(),
  });
  const ask = fc.oneof(...Object.entries(requests).map(([type, fields]) => typed(type, fields)));
  const raft = fc.oneof(...Object.entries(staleRaft(presentTerm)).map(([type, fields]) => typed(type, fields)));
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: constant("ask"), token, request: ask }) },
    { weight: 4, arbitrary: fc.record({ type: constant("raft"), message: raft }) },
    { weight: 1, arbitrary: fc.record({ type: constant("answer"), token: fc.constantFrom(-1, 2 ** 40), reply: answer }) },
    { weight: 1, arbitrary: fc.record({ type: constant("inject"), token, fault: constant({ type: "reset", losesBytes: true }) }) },
  ) as fc.Arbitrary<unknown> as fc.Arbitrary<PeerMessage>;
}
