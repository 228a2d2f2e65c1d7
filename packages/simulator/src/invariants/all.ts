import { AppendOnlyLeader } from "./append-only-leader.ts";
import { CandidateCompleteness } from "./candidate-completeness.ts";
import { CleanElections } from "./clean-elections.ts";
import { CommittedEntries } from "./committed-entries.ts";
import { CommittedRecords } from "./committed-records.ts";
import { CompactedRecords } from "./compacted-records.ts";
import { ControllerView } from "./controller-view.ts";
import { DeletedRecords } from "./deleted-records.ts";
import { DurableEntries } from "./durable-entries.ts";
import { ElectionSafety } from "./election-safety.ts";
import { FetchEvidence } from "./fetch-evidence.ts";
import { GroupReplay } from "./group-replay.ts";
import type { InvariantCheck, Mark, Report } from "./invariant-check.ts";
import { KeptLogStarts } from "./kept-log-starts.ts";
import { KeptRecords } from "./kept-records.ts";
import { LogStarts } from "./log-starts.ts";
import { MatchingBatches } from "./matching-batches.ts";
import { MatchingEntries } from "./matching-entries.ts";
import { MinIsrGate } from "./min-isr-gate.ts";
import { OnePartitionLeader } from "./one-partition-leader.ts";
import { PartitionEnds } from "./partition-ends.ts";
import { ProducerSequences } from "./producer-sequences.ts";
import { PromptCommit } from "./prompt-commit.ts";
import { ReplicationQuorum } from "./replication-quorum.ts";
import { VoteLedger } from "./vote-ledger.ts";

/** Every invariant of the cluster, in the order in which they look: what others build on comes first. */
export function allInvariants(report: Report, mark?: Mark): readonly InvariantCheck[] {
  return [
    new ElectionSafety(report),
    new VoteLedger(report),
    new DurableEntries(report),
    new MatchingEntries(report),
    new CommittedEntries(report),
    new CleanElections(report),
    new ControllerView(report),
    new KeptRecords(report),
    new KeptLogStarts(report),
    new OnePartitionLeader(report),
    new PartitionEnds(report),
    new LogStarts(report, mark),
    new DeletedRecords(report),
    new AppendOnlyLeader(report),
    new FetchEvidence(report),
    new PromptCommit(report),
    new MinIsrGate(report),
    new MatchingBatches(report),
    new ProducerSequences(report),
    new CommittedRecords(report),
    new CompactedRecords(report),
    new ReplicationQuorum(report),
    new CandidateCompleteness(report),
    new GroupReplay(report, mark),
  ];
}
