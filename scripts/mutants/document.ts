import { writeFileSync } from "node:fs";
import type { Mutant } from "../../mutants/mutant.ts";
import { mutants } from "../../mutants/index.ts";
import { type RaftMutant, raftMutants } from "../../mutants/raft.ts";
import { frozenDurabilityPlanOf, frozenPlanOf } from "./frozen-plans.ts";
import { frozenSeedOf } from "./frozen-seeds.ts";

const DOCUMENT = "docs/mutants.md";

export const writeDocument = (): void => writeFileSync(DOCUMENT, documentText());

const NOT_PUT_BACK: readonly string[] = [
  "Of the catalogue's entries of replication, storage and idempotent producers these are not put back:",
  "",
  "- P19, an ISR that grows while its leader recovers: there is no such state. Who was elected uncleanly leads an ISR of itself alone, and others join by catching up.",
  "- S02, a truncation that is not synced before something is written behind it: in the simulated file system it is lost with all that came after it, or done, so that",
  "  nothing tells the bug from bad luck. A checkpoint that is renamed unsynced (KAFKA-16541) may be lost or mixed up: recovery takes nothing from it but an epoch that begins where the log ends.",
  "- T11, an epoch that is bumped twice or runs out in a transaction, and T01 to T07, T13, T14, T17: there are no transactions yet.",
  "- T16, any first sequence after a loss of state: for a producer without transactions that is Kafka's rule (KIP-360), and ours. State is lost with the log alone (T10-failover).",
  "",
];

/** From the frozen plans of all mutants, also of those that were not searched for now. */
export function documentText(): string {
  return [
    "# Mutants",
    "",
    "Known bugs of Raft, Kafka and ours, put back one at a time (`mutants/`) and looked for by the simulator's swarm, seed by seed from 1.",
    "The table says where the swarm looked (families of faults in `packages/simulator/src/swarm/arbitraries.ts`), how many seeds and simulated seconds it took,",
    "which oracle fired, and to how many faults the plan was shrunk. `npm run test:mutants` replays each shrunk plan: red with the bug, green without.",
    "",
    "| id | bug | source | faults drawn | seeds | simulated s | oracle | faults in the shrunk plan |",
    "|---|---|---|---|---|---|---|---|",
    ...mutants.filter(({ test }) => test === undefined).map(rowOf),
    "",
    "## Acknowledged durability",
    "",
    "Bugs that lose acknowledged records must be red by what clients read alone, whatever is seen inside. For these the property of",
    "`packages/simulator/test/durability.property.test.ts` itself (`packages/simulator/src/swarm/acked-durability.ts`: fast-check draws acks, min.insync.replicas,",
    "replication factor, workload and plan of faults; no invariant ends a run) is run on the code with the bug until the verdict on the history names a record that",
    "was acknowledged, is gone, and had no excuse. Where that takes too many draws, the search strikes where an invariant fired: it adds to a drawn plan that somebody",
    "who lacks a record pauses then and who has it dies (`scripts/mutants/strikes.ts`). The input is shrunk and frozen; `npm run test:mutants` puts it through the",
    "property again, with the bug and without.",
    "",
    "| id | runs until red | found | anomaly | faults in the shrunk plan |",
    "|---|---|---|---|---|",
    ...mutants.filter(({ breaksDurability }) => breaksDurability).map(durabilityRowOf),
    "",
    "## Killed by a test",
    "",
    "Bugs that no plan of faults of the simulator stands for. `npm run test:mutants` runs the named test of the default suite on the sources with the bug",
    "(`vitest.mutant.config.ts`, `scripts/mutants/test-kill.ts`): it must be red there; without the bug it is green in `npm test`.",
    "",
    "| id | bug | source | test | why no plan |",
    "|---|---|---|---|---|",
    ...mutants.map(testRowOf).filter((row) => row !== undefined),
    "",
    ...NOT_PUT_BACK,
    "## raft-ts",
    "",
    "The quorum's own bugs, put back into `packages/raft-ts` alone (`mutants/raft.ts`) and looked for by its chaos (`packages/raft-ts/test/support/chaos.ts`), seed",
    "by seed from 1; where no chaos can tell the bug from bad luck, a golden transcript reads otherwise. `npm run test:raft-mutants` runs each frozen seed and",
    "transcript again: red with the bug, green without.",
    "",
    "| id | bug | source | chaos draws | seeds | oracle |",
    "|---|---|---|---|---|---|",
    ...raftMutants.map(raftRowOf),
    "",
    "Of the catalogue's raft entries these are not put back as they stand there, for there is no place to do so:",
    "",
    "- R06 alone: the guard is an invariant, and with nothing else wrong nobody runs into it. It is taken away together with the rule that a vote wants an",
    '  up-to-date log; `durable-state.test.ts` ("refuses to truncate what is committed") dies with the guard alone.',
    '- R21, a batch of a later epoch than the leader\'s: `parseRaftMessage` refuses such a message (`parse-message.test.ts`, "none of the entries is of a later one").',
    "- R22, an atomic batch split by the accumulator: there is none; a proposal is one entry, and an entry is never split. What is left of it is the boundary of a snapshot.",
    "- R15c, Kafka's resignation by the lack of *fetches*: our voters are pushed to; R15 is the same rule for answers.",
    "",
  ].join("\n");
}

function rowOf({ id, bug, source, focus }: Mutant): string {
  const frozen = frozenPlanOf(id);
  const result =
    frozen === undefined ? "| – | – | not found yet | – |" : `| ${frozen.seeds} | ${frozen.simulatedSeconds} | ${frozen.invariant} | ${frozen.actions} |`;
  return `| ${id} | ${bug} | ${source} | ${describeFocus(focus)} ${result}`;
}

const testRowOf = ({ id, bug, source, test }: Mutant): string | undefined =>
  test === undefined ? undefined : `| ${id} | ${bug} | ${source} | \`${test.file}\`: ${test.name} | ${test.why} |`;
function raftRowOf({ id, bug, source, focus, transcript }: RaftMutant): string {
  const frozen = frozenSeedOf(id);
  const result = transcript !== undefined ? `– | \`${transcript}\` |` : frozen === undefined ? "– | not found yet |" : `${frozen.seeds} | ${frozen.oracle} |`;
  const { families = ["all"], ...fixed } = focus ?? {};
  const drawn = [families.join(", "), ...Object.entries(fixed).map(([name, value]) => `${name} ${value}`)].join("; ");
  return `| ${id} | ${bug} | ${source} | ${transcript === undefined ? drawn : "–"} | ${result}`;
}

function durabilityRowOf({ id }: Mutant): string {
  const frozen = frozenDurabilityPlanOf(id);
  const result =
    frozen === undefined
      ? "| – | not yet | – | – |"
      : `| ${frozen.runs} | ${frozen.isStruck ? "by a strike" : "as drawn"} | ${frozen.anomaly} | ${frozen.actions} |`;
  return `| ${id} ${result}`;
}

function groupsOf(focus: Mutant["focus"]): readonly string[] {
  if (focus?.groups === undefined) return [];
  const shape = Object.entries(focus.groups).map(([key, value]) => `${key} ${value}`);
  return [shape.length === 0 ? "groups" : `groups (${shape.join(", ")})`];
}

function describeFocus(focus: Mutant["focus"]): string {
  const faults = focus?.families?.join(", ") ?? "all";
  const settings = Object.entries(focus?.limits ?? {}).map(([key, value]) => `\`${key}=${value}\``);
  const load = [...(focus?.isQuiet === true ? ["hardly any load"] : []), ...(focus?.isIdempotent === true ? ["idempotent producers"] : [])];
  return [faults, ...load, ...groupsOf(focus), ...settings].join("; ");
}
