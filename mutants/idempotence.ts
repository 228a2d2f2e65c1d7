import type { Mutant } from "./mutant.ts";

const STATE = "packages/log/src/producer-state.ts";

/** The catalogue's bugs of idempotent producers (`reliability.md` §1.4: T09, T10, T11, T16); those of transactions come with transactions. */
export const idempotenceMutants: readonly Mutant[] = [
  {
    id: "T10",
    bug: "a duplicate is answered with OUT_OF_ORDER_SEQUENCE_NUMBER",
    source: "Redpanda #5355, KAFKA-14034",
    edits: [{ file: STATE, find: 'if (duplicate !== undefined) return { type: "duplicate", batch: duplicate };', replace: "" }],
    focus: { families: ["lostAnswers"], isIdempotent: true },
  },
  {
    id: "T10-window",
    bug: "only the last batch of a producer is remembered",
    source: "Redpanda #3039",
    edits: [{ file: STATE, find: "[...earlier.slice(1 - BATCHES_PER_PRODUCER), batch]", replace: "[...earlier.slice(BATCHES_PER_PRODUCER), batch]" }],
    test: {
      file: "packages/log/test/producer-state.property.test.ts",
      name: "are next, duplicate or out of order exactly as the last five batches say, wherever the 31 bits wrap",
      why: "our producer sends again from the first batch without an answer on; one that is answered out of order behind it is sent again itself",
    },
  },
  {
    id: "T10-failover",
    bug: "a new leader remembers nothing of the producers of its log",
    source: "Redpanda #3039",
    edits: [
      {
        file: "packages/log/src/partition-log.ts",
        find: "  assignEpoch(epoch: LeaderEpoch): void {\n",
        replace: "  assignEpoch(epoch: LeaderEpoch): void {\n    this.records.producers.clear();\n",
      },
    ],
    focus: { families: ["lostAnswers", "failoverStorm"], isIdempotent: true },
  },
  {
    id: "T10-nothing",
    bug: "sequences are not looked at",
    source: "KIP-98",
    edits: [
      {
        file: STATE,
        find: "return header.isControl ? NEXT : checkSequence(header, entry);",
        replace: "return header.isControl || header.producerId >= 0 ? NEXT : checkSequence(header, entry);",
      },
    ],
    focus: { families: ["lostAnswers"], isIdempotent: true },
  },
  {
    id: "T11",
    bug: "sequences are counted beyond 2^31 − 1",
    source: "KAFKA-7692",
    edits: [
      {
        file: "packages/protocol/src/records/batch.ts",
        find: "(sequence: number, by: number): number => (sequence + by) % 0x8000_0000;",
        replace: "(sequence: number, by: number): number => sequence + by;",
      },
    ],
    focus: { isIdempotent: true },
  },
  {
    id: "T11-burnt",
    bug: "a batch that is refused moves its producer's state all the same",
    source: "KAFKA-9666",
    edits: [
      {
        file: "packages/log/src/partition-log.ts",
        find: 'if (check.type === "rejected") return check;',
        replace: `if (check.type === "rejected") {
      this.records.producers.update(batchHeaderAt(produced, 0));
      return check;
    }`,
      },
    ],
    focus: { isIdempotent: true },
  },
  {
    id: "T09",
    bug: "a producer is forgotten when the last of its records are deleted",
    source: "KAFKA-7190, KIP-360",
    edits: [
      {
        file: "packages/log/src/log-records.ts",
        find: "    this.start = toOffset;\n    this.epochs.truncateFromStart(toOffset);",
        replace: `    this.start = toOffset;
    this.producers.restore([...this.producers.all()].filter(({ batches }) => (batches.at(-1)?.endOffset ?? 0) > toOffset));
    this.epochs.truncateFromStart(toOffset);`,
      },
    ],
    test: {
      file: "packages/log/test/log-start.test.ts",
      name: "keeps what the deleted records told of producers, also over a restart (T09)",
      why: "a producer whose state is gone may go on with any sequence (KIP-360): only a batch that it sends again would be there twice, and that one is deleted already",
    },
  },
  {
    id: "T16",
    bug: "a new epoch of a producer may begin with any sequence",
    source: "KAFKA-14904, KAFKA-14920",
    edits: [
      { file: STATE, find: "if (header.baseSequence === expected) return NEXT;", replace: "if (header.baseSequence === expected || isNewEpoch) return NEXT;" },
    ],
    test: {
      file: "packages/log/test/producer-state.property.test.ts",
      name: "begin at 0 in a new epoch, and an old epoch is refused",
      why: "our producers begin each epoch at 0; that an unknown producer may begin anywhere is Kafka's rule for those without transactions (KIP-360)",
    },
  },
];
