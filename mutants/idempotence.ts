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
    edits: [{ file: "packages/log/src/log-config.ts", find: "export const BATCHES_PER_PRODUCER = 5;", replace: "export const BATCHES_PER_PRODUCER = 1;" }],
    focus: { families: ["lostAnswers"], isIdempotent: true },
  },
  {
    id: "T10-failover",
    bug: "a new leader remembers nothing of the producers of its log",
    source: "Redpanda #3039",
    edits: [
      {
        file: "packages/log/src/partition-log.ts",
        find: "  assignEpoch(epoch: LeaderEpoch): void {\n",
        replace: "  assignEpoch(epoch: LeaderEpoch): void {\n    this.producers.clear();\n",
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
];
