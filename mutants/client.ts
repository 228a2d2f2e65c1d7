import type { Mutant } from "./mutant.ts";

const GROUP = "packages/client/src/group";

/** Bugs of the client: the groups of plans read with it. */
export const clientMutants: readonly Mutant[] = [
  {
    id: "auto-commit-ahead",
    bug: "a consumer commits by itself what the poll is only about to give",
    source: "ours; Kafka's at least once",
    edits: [
      { file: `${GROUP}/group-consumer.ts`, find: "    this.autoCommit(now);\n    const { events } = this;", replace: "    const { events } = this;" },
      {
        file: `${GROUP}/group-consumer.ts`,
        find: "    const read = this.holdings.take();",
        replace: "    const read = this.holdings.take();\n    this.autoCommit(now);",
      },
    ],
    focus: { groups: { isAutoCommitting: true } },
  },
  {
    id: "seek-keeps-fetched",
    bug: "what was fetched before a seek is given after it",
    source: "ours",
    edits: [
      {
        file: `${GROUP}/holdings.ts`,
        find: "    reader.unassign(partition.topic, partition.partition);\n    reader.assign(",
        replace: "    reader.assign(",
      },
    ],
    focus: { groups: { seekEveryMs: 300, maxPollRecords: 1 } },
  },
];
