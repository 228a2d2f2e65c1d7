import type { HostedReplica } from "@samsa/broker";
import type { NodeView } from "../cluster/cluster.ts";
import type { GhostPartition } from "./ghost-partition.ts";
import { type Ghost, leadsOn, type ReplicaMemory } from "./ghost.ts";
import type { InvariantCheck, Mark, Report, Turn } from "./invariant-check.ts";

/**
 * I-P8, of log starts: what lies before one was committed, and where it moves on there is a reason for it:
 *
 * | who | why | how far |
 * |---|---|---|
 * | any | it follows its leader, begins anew there, or finds its log as a process before it had left it | where some log started before, with reason |
 * | a leader | an operator has asked for it | what was asked for; of "all", what is committed |
 * | any | retention | the first of its own segments; those that are left are not smaller than what is to be kept |
 */
export class LogStarts implements InvariantCheck {
  readonly id = "I-P8";
  readonly looksAtChangesOnly = true;
  private readonly report: Report;
  private readonly mark: Mark | undefined;

  constructor(report: Report, mark?: Mark) {
    this.report = report;
    this.mark = mark;
  }

  afterTurn(view: NodeView, ghost: Ghost, { changed }: Turn): void {
    const { replicas } = ghost.memoryOf(view);
    for (const hosted of changed) {
      if (!hosted.log.isReady) continue;
      const { log, replica } = hosted;
      const committed = ghost.partition(hosted);
      const before = replicas.get(hosted.key);
      if (log.logStartOffset > (before?.logStartOffset ?? 0)) this.moved(view, ghost, { hosted, before });
      // What others lack of a leader's log, they lack by its word.
      else if (replica.role === "leader" && log.logStartOffset <= committed.startMax) committed.startsAt(log.logStartOffset, replica.leaderEpoch);
    }
  }

  private moved(view: NodeView, ghost: Ghost, { hosted, before }: { readonly hosted: HostedReplica; readonly before: ReplicaMemory | undefined }): void {
    const { log, replica } = hosted;
    const committed = ghost.partition(hosted);
    const start = log.logStartOffset;
    // The only replica commits what it has written, and deletes it for an operator in the same turn (`CommittedRecords` looks at it after this).
    const ownEnd = leadsOn(hosted, before) ? replica.highWatermark : 0;
    const end = Math.max(committed.end, ownEnd, ...committed.excused.map(({ toOffset }) => toOffset));
    const isFollowed = start <= committed.startMax;
    const isLeader = replica.role === "leader" || before?.role === "leader";
    const isAsked = isLeader && start <= (committed.allAsked > 0 || !ghost.knowsDeletionsAsked ? end : committed.askedEnd);
    const name = `${committed.name} on node ${view.id}`;
    if (start > end) this.report(this.id, `${name} starts at ${start}, and only ${end} records are committed`);
    else if (isFollowed || isAsked) committed.startsAt(start, replica.leaderEpoch);
    else if (isRetained(hosted, before, ghost.retainedBytesOf(hosted.topic))) {
      committed.startsAt(start, replica.leaderEpoch);
      this.mark?.(ghost.isCompacted(hosted.topic) ? "retention of a compacted log" : "retention");
    } else this.report(this.id, `${name} starts at ${start}, and ${describe(committed, ghost)}; ${log.sizeInBytes} bytes are left`);
  }
}

/** A log that begins anew has lost its segments, whatever retention leaves. */
function isRetained({ log }: HostedReplica, before: ReplicaMemory | undefined, retainedBytes: number | undefined): boolean {
  if (retainedBytes === undefined || before?.isCurrent !== true || log.isBeginningAnew) return false;
  return log.logStartOffset === log.firstSegmentOffset && log.logStartOffset <= before.appendedEnd && log.sizeInBytes >= retainedBytes;
}

function describe({ topic, startMax, askedEnd }: GhostPartition, ghost: Ghost): string {
  const retainedBytes = ghost.retainedBytesOf(topic);
  const retention = retainedBytes === undefined ? "there is no retention" : `retention leaves ${retainedBytes} bytes`;
  return `no log had a reason to start after ${startMax} before, what an operator asked for ends at ${askedEnd}, and ${retention}`;
}
