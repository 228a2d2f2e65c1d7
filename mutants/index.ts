import { clientMutants } from "./client.ts";
import { compactionMutants } from "./compaction.ts";
import { controllerMutants } from "./controller.ts";
import { groupMutants } from "./groups.ts";
import { idempotenceMutants } from "./idempotence.ts";
import type { Mutant } from "./mutant.ts";
import { replicationMutants } from "./replication.ts";
import { storageMutants } from "./storage.ts";

const RAFT = "packages/raft-ts/src";
const REPLICATION = "packages/replication/src";

/** Every bug that is put back. The order is that of the catalogue. */
export const mutants: readonly Mutant[] = [
  {
    id: "R01",
    bug: "a vote is promised before it is durable",
    source: "Raft §5.2, KAFKA-14077",
    edits: [
      {
        file: `${RAFT}/replies.ts`,
        find: "if (synced.term !== vote.term || (vote.isGranted && !isVote(synced, vote.candidate))) return undefined;",
        replace: "",
      },
    ],
    focus: { isQuiet: true, families: ["electionStorm"] },
  },
  {
    id: "R02",
    bug: "a leader that restarts goes on leading its old term",
    source: "KAFKA-10527",
    edits: [
      { file: `${RAFT}/role.ts`, find: 'resigned: ["prospective",', replace: 'resigned: ["candidate", "prospective",' },
      {
        file: `${RAFT}/elections.ts`,
        find: "  onPreVoteRequest(",
        replace: `  resume(): void {
    const ballot = new Ballot(this.replica.log.voters.latest.voters);
    this.replica.become({ type: "candidate", ballot, deadlineUs: 0 });
    this.lead(ballot);
  }

  onPreVoteRequest(`,
      },
      {
        file: `${RAFT}/raft-node.ts`,
        find: "this.elections = new Elections(this.replica, this.observing);",
        replace: 'this.elections = new Elections(this.replica, this.observing);\n    if (this.role === "resigned") this.elections.resume();',
      },
    ],
  },
  {
    id: "R03",
    bug: "the leader counts its own entries before they are durable",
    source: "KAFKA-10533",
    edits: [
      {
        file: `${RAFT}/raft-node.ts`,
        find: "leadership.nextCommitIndex(this.replica.durable.synced.index)",
        replace: "leadership.nextCommitIndex(this.lastIndex)",
      },
    ],
  },
  {
    id: "R04",
    bug: "an entry of an earlier term is committed by counting replicas",
    source: "Raft §5.4.2, figure 8",
    edits: [{ file: `${RAFT}/leadership.ts`, find: "return this.log.termAt(index) === this.term ? index : this.commitIndex;", replace: "return index;" }],
    focus: { isQuiet: true, families: ["shortReigns"], limits: { "samsa.quorum.append.max.entries": "1" } },
  },
  {
    id: "P01",
    bug: "a follower of a new leader truncates to its own high watermark, where it knows one",
    source: "KIP-101",
    breaksDurability: true,
    edits: [
      {
        file: `${REPLICATION}/replica.ts`,
        // Only where one is known: without its checkpoint a restarted replica would throw all away, and any oracle would see that.
        find: "    this.current = this.followerOf(state);\n    const { leader",
        replace: `    const known = this.committed.value;
    if (known > 0 && known < this.log.appendedEnd) this.log.truncateTo(known, "own high watermark");
    this.current = this.followerOf(state);
    const { leader`,
      },
    ],
  },
  {
    id: "P03",
    bug: "a leader that lacks the follower's last epoch answers with where that epoch would have ended",
    source: "KIP-279, KAFKA-6361",
    edits: [
      {
        file: `${REPLICATION}/divergence.ts`,
        find: "if (common.leaderEpoch < lastFetchedEpoch || common.endOffset < fetchOffset) return common;",
        replace: "if (common.endOffset < fetchOffset) return { leaderEpoch: lastFetchedEpoch, endOffset: common.endOffset };",
      },
    ],
    focus: { families: ["failoverStorm"] },
  },
  {
    id: "P12",
    bug: "the high watermark does not wait for a replica whose way into the ISR is under way",
    source: "KIP-497, KAFKA-8836",
    edits: [{ file: `${REPLICATION}/leader.ts`, find: "for (const id of this.isrState.maximalIsr) {", replace: "for (const id of this.isr) {" }],
  },
  {
    id: "acks-all-at-append",
    bug: "acks=all is answered when the leader has appended",
    source: "reliability of acks=all",
    breaksDurability: true,
    edits: [
      {
        file: `${REPLICATION}/replica.ts`,
        find: 'if (this.committed.value < wait.endOffset) return "pending";',
        replace: 'if (this.log.appendedEnd < wait.endOffset) return "pending";',
      },
    ],
  },
  {
    id: "acks-1-not-appended",
    bug: "acks=1 is answered and nothing is appended",
    source: "reliability of acks=1",
    edits: [
      {
        file: `${REPLICATION}/replica.ts`,
        find: "const appended = this.log.appendAsLeader(records, leader.leaderEpoch, now, compression);",
        replace:
          'if (acks === 1) return { type: "appended", baseOffset: this.log.appendedEnd, endOffset: this.log.appendedEnd, logAppendTimeMs: -1, leaderEpoch: leader.leaderEpoch };\n    const appended = this.log.appendAsLeader(records, leader.leaderEpoch, now, compression);',
      },
    ],
  },
  {
    id: "elr-ignored",
    bug: "when nobody in the ISR lives, any living replica is elected",
    source: "KIP-966",
    edits: [
      {
        file: "packages/controller/src/partition-change.ts",
        find: "const clean = first(isr) ?? first(elr);",
        replace: "const clean = first(isr) ?? first(elr) ?? first(partition.replicas);",
      },
    ],
  },
  {
    id: "loss-claimed",
    bug: "every restart claims the loss of the page cache",
    source: "KIP-966, our boot id",
    edits: [
      {
        file: "packages/server/src/node-identity.ts",
        find: 'pageCacheSurvived: bootId !== NOT_VOUCHED_FOR && properties.get("samsa.boot.id") === bootId',
        replace: "pageCacheSurvived: false",
      },
    ],
  },
  {
    id: "P16",
    bug: "a broker joins the ISR on evidence of its earlier life",
    source: "KIP-903, KAFKA-14617",
    edits: [
      {
        file: "packages/controller/src/alter-partition.ts",
        find: "&& image.brokers.get(member.brokerId)?.brokerEpoch === member.brokerEpoch;",
        replace: "&& image.brokers.get(member.brokerId) !== undefined;",
      },
    ],
    test: {
      file: "packages/controller/test/alter-partition.test.ts",
      name: "P16: a request built on what the last incarnation fetched is refused (KIP-903)",
      why: "the leader asks for the epoch itself before it proposes: a plan must restart the broker while the proposal is on its way, and lose what it had",
    },
  },
  {
    id: "torn-tail-accepted",
    bug: "recovery takes a batch whose checksum is wrong",
    source: "KAFKA-14104, a torn write",
    edits: [
      {
        file: "packages/log/src/segment-scan.ts",
        find: "checkBatch(bytes, at)?.text ?? whyNotNext(header,",
        replace: "whyNotNext(header,",
      },
    ],
    focus: { families: ["powerLoss", "crash"] },
  },
  {
    id: "probe-dials-once",
    bug: "a probe that was accepted and closed is not dialled anew: a killed leader that still listened for a moment leads until its session ends",
    source: "ours, seen in a benchmark of kills",
    edits: [
      {
        file: "packages/server/src/peer/probe.ts",
        find: "return micros(Math.min(this.until, this.link.nextDeadlineUs ?? this.until));",
        replace: "return this.until;",
      },
      { file: "packages/server/src/peer/probe.ts", find: "else this.link.deadline(now);", replace: "" },
    ],
    focus: { families: ["crash"], isQuiet: true },
  },
  {
    id: "crc-skipped",
    bug: "a follower appends what it fetched without looking at the checksum",
    source: "KAFKA-14104, KAFKA-18723",
    edits: [
      {
        file: "packages/log/src/fetched-batches.ts",
        find: "if (damage !== undefined) return rejected(",
        replace: 'if (damage !== undefined && damage.code !== "CRC_MISMATCH") return rejected(',
      },
    ],
  },
  ...replicationMutants,
  ...storageMutants,
  ...compactionMutants,
  ...idempotenceMutants,
  ...controllerMutants,
  ...groupMutants,
  ...clientMutants,
];
