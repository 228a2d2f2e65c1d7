import type { PartitionLogListener } from "@samsa/log";
import type { Now, Uuid } from "@samsa/stdx";
import type { DirectoryCheckpoints } from "./directory-checkpoints.ts";
import type { FullLogs } from "./full-logs.ts";
import type { HostedEvents } from "./hosted-events.ts";
import type { HostedReplica } from "./hosted-replica.ts";

export interface LogListenerOptions {
  readonly key: string;
  readonly events: HostedEvents;
  readonly checkpoints: DirectoryCheckpoints;
  readonly fullLogs: FullLogs;
  /** Undefined before it is hosted, and once it is no more. */
  readonly hosted: (key: string) => HostedReplica | undefined;
  readonly stir: (hosted: HostedReplica) => void;
  readonly damaged: (key: string, detail: string, now: Now) => void;
  readonly failed: (key: string, detail: string, now: Now) => void;
  readonly foreign: (key: string, topicId: Uuid, now: Now) => void;
  readonly recovered: (key: string, now: Now) => void;
}

/** What the log of a replica says, for whom it is. */
export function logListenerOf({ key, events, checkpoints, fullLogs, hosted, stir, ...broker }: LogListenerOptions): PartitionLogListener {
  const withHosted = (tell: (one: HostedReplica) => void): void => {
    const one = hosted(key);
    if (one !== undefined) tell(one);
  };
  return {
    endsMoved: (now) => withHosted(({ replica }) => replica.endsMoved(now)),
    // Fetches that wait for it are answered, and a follower that wanted to cut its log asks again.
    readable: () => withHosted(({ replica }) => events.stateChanged(key, replica)),
    startMoved: (now) =>
      withHosted((one) => {
        checkpoints.startMoved(one, now);
        stir(one);
        events.logStartMoved(one);
      }),
    // Who waits for the leader's own write is told, and the log asks to be looked at again.
    fullnessChanged: (because) =>
      withHosted((one) => {
        fullLogs.changed(one, because);
        stir(one);
        events.written(one.replica);
      }),
    logDamaged: (detail, now) => broker.damaged(key, detail, now),
    logFailed: (detail, now) => broker.failed(key, detail, now),
    logForeign: (topicId, now) => broker.foreign(key, topicId, now),
    logRecovered: (now) => broker.recovered(key, now),
  };
}
