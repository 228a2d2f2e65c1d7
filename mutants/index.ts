import type { Mutant } from "./mutant.ts";

const RAFT = "packages/raft-ts/src";

/** Every bug that is put back. The order is that of the catalogue. */
export const mutants: readonly Mutant[] = [
  {
    id: "R01",
    bug: "a vote is promised before it is durable",
    source: "Raft §5.2, KAFKA-14077",
    edits: [{ file: `${RAFT}/replies.ts`, find: "if (synced.term !== vote.term || (vote.isGranted && synced.votedFor !== vote.candidate)) return undefined;", replace: "" }],
    families: ["crash", "powerLoss", "reset", "slow", "partition"],
  },
  {
    id: "R02",
    bug: "a leader that restarts goes on leading its old term",
    source: "KAFKA-10527",
    edits: [
      {
        file: `${RAFT}/raft-node.ts`,
        find: "// The start is never leadership: a term that was led before the restart must not be led again, for its tail may be lost.",
        replace: 'if (mayHaveLed) { this.state = { type: "candidate", ballot: new Ballot(this.options.voters), deadlineUs }; this.lead(nowUs); }',
      },
    ],
  },
  {
    id: "R03",
    bug: "the leader counts its own entries before they are durable",
    source: "KAFKA-10533",
    edits: [{ file: `${RAFT}/raft-node.ts`, find: "majorityIndex(this.durable.synced.index)", replace: "majorityIndex(this.lastIndex)" }],
  },
  {
    id: "R04",
    bug: "an entry of an earlier term is committed by counting replicas",
    source: "Raft §5.4.2, figure 8",
    edits: [{ file: `${RAFT}/raft-node.ts`, find: "if (this.termAt(index) !== this.term) return;", replace: "" }],
    families: ["crash", "partition", "powerLoss", "slow"],
  },
  {
    id: "P16",
    bug: "a broker joins the ISR on evidence of its earlier life",
    source: "KIP-903, KAFKA-14617",
    edits: [{ file: "packages/controller/src/alter-partition.ts", find: "return broker.brokerEpoch === member.brokerEpoch;", replace: "return true;" }],
  },
];
