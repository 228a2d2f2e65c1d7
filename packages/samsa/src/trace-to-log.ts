import type { TraceBody, TraceEvent } from "@samsa/world";
import type { Log, LogLevel, NodeTrace } from "@samsa/world-node";
import { ClosedConnectionLines } from "./closed-connection-lines.ts";
import { RecoveryLines } from "./recovery-lines.ts";

export interface LoggedTrace extends NodeTrace {
  /** Somebody reads the steps of the hot path too: see `Outbox.isDetailed`. */
  readonly isDetailed: boolean;
}

/** Operators read the few events that matter to them; whoever asked for the trace gets all. */
export function traceToLog(sink: NodeTrace, log: Log, level: LogLevel): LoggedTrace {
  const closedConnections = new ClosedConnectionLines(log);
  const recoveries = new RecoveryLines(log);
  return {
    isDetailed: sink.isListening || level === "debug" || level === "trace",
    get isListening() {
      return sink.isListening || level !== "silent";
    },
    emit: (event: TraceEvent) => {
      if (sink.isListening) sink.emit(event);
      if (event.event.kind === "connection-closed") closedConnections.tell(event.event, event.t);
      else if (event.event.kind === "log-recovering") recoveries.tell(event.event, event.t);
      else tell(log, event.event);
    },
    flush: () => sink.flush(),
  };
}

/** What `Outbox.isDetailed` keeps from being made is written at `debug`, and so is what has no place of its own here. */
function tell(log: Log, event: TraceBody): void {
  switch (event.kind) {
    case "violation":
      return log.error(event.invariant, { detail: event.detail });
    case "replica-offline":
    case "peer-refused":
    case "truncate":
      return log.warn(event.kind, event);
    case "log-directory-offline":
      return log.error(`the log directory ${event.path} has failed, and its partitions are offline until the node is started again: ${event.because}`, event);
    case "disk-full":
      return log.error(`no space is left in ${event.path}: what is produced is refused until there is (${event.because})`, event);
    case "disk-has-room":
      return log.info(`${event.path} has room again`, event);
    case "stray-log":
      return log.warn(
        `${event.path} is of topic id ${event.topicId}, which the metadata do not place here: moved to ${event.movedTo}; delete it when nobody misses it`,
        event,
      );
    case "quorum-lost":
      return log.warn(textOfLoss(event), event);
    case "quorum-found":
      return log.info(`node ${event.leader} leads the metadata quorum, after ${event.afterMs} ms without a leader`, event);
    case "topic-not-created":
      return log.warn(`topic ${event.topic} can't be created (${event.because}), and clients ask for it`, event);
    case "group-record-skipped":
      return log.warn(`a record of __consumer_offsets-${event.partition} at offset ${event.offset} can't be read, and is left out: ${event.because}`, event);
    case "group-put-aside":
      return log.warn(`group ${event.group} can't be gone on with, and begins anew with its offsets: ${event.because}`, event);
    case "group-deleted":
      return log.info(`group ${event.group} is deleted`, event);
    case "log-uncleanable":
      return log.warn(`${event.topic}-${event.partition} is not compacted from offset ${event.fromOffset} on, and served as before: ${event.because}`, event);
    case "configs-without-effect":
      return log.warn(`topic ${event.topic} sets ${event.configs.join(", ")}: taken, but without effect yet`, event);
    case "started":
    case "stopping":
    case "listening":
    case "raft-role":
    case "controller":
    case "voter-changed":
    case "snapshot-stored":
    case "raft-restored":
    case "broker-registered":
    case "broker-fenced":
    case "broker-unfenced":
    case "became-leader":
    case "became-follower":
    case "leader-elected":
    case "isr-changed":
    case "records-deleted":
    case "log-recovered":
    case "log-compacted":
    case "fault":
      return log.info(event.kind, event);
    default:
      return log.debug(event.kind, event);
  }
}

function textOfLoss({ forMs, missing, isFirstStart }: Extract<TraceBody, { kind: "quorum-lost" }>): string {
  const who = missing.length === 0 ? "all voters can be reached" : `voters ${missing.join(", ")} can't be reached`;
  if (isFirstStart) return `the metadata quorum waits for its first start, which needs every voter of controller.quorum.voters: ${who}`;
  return `the metadata quorum has had no leader for ${forMs} ms: ${who}. Partitions go on with the leaders they have; nothing can be created, changed or failed over until a majority is back`;
}
