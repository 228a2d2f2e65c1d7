import type { MetadataImage } from "@samsa/metadata";
import type { IsrChange, ReplicaListener } from "@samsa/replication";
import type { BrokerEpoch, Now } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";
import type { IsrChanges } from "../isr-changes.ts";
import type { DirectoryCheckpoints } from "./directory-checkpoints.ts";
import type { HostedEvents } from "./hosted-events.ts";
import type { HostedReplica } from "./hosted-replica.ts";

export interface ReplicaListenerOptions {
  readonly key: string;
  readonly outbox: Outbox;
  readonly events: HostedEvents;
  readonly isrChanges: IsrChanges;
  readonly checkpoints: DirectoryCheckpoints;
  /** Undefined once it is hosted no more. */
  readonly hosted: (key: string) => HostedReplica | undefined;
  readonly stir: (hosted: HostedReplica) => void;
  /** Its log has lost records that counted as committed, and may begin earlier than before. */
  readonly fell: (hosted: HostedReplica, now: Now) => void;
  readonly image: () => MetadataImage;
  readonly brokerEpoch: () => BrokerEpoch;
}

/** What a replica says, for whom it is; and what it asks of its broker. */
export function listenerOf({ key, outbox, events, checkpoints, isrChanges, hosted, stir, fell, image, brokerEpoch }: ReplicaListenerOptions): ReplicaListener {
  return {
    get ownBrokerEpoch() {
      return brokerEpoch();
    },
    get isDetailed() {
      return outbox.isDetailed;
    },
    highWatermarkMoved: (replica, now, hasFallen) => {
      const one = hosted(key);
      if (one !== undefined) checkpoints.moved(one, now);
      if (one !== undefined && hasFallen) fell(one, now);
      events.highWatermarkMoved(key, replica);
    },
    stateChanged: (replica) => events.stateChanged(key, replica),
    recordsAppended: (replica) => {
      hosted(key)?.touch();
      events.appended(key, replica);
    },
    followersStartMoved: (replica) => events.followersStartMoved(replica),
    recordsWritten: (replica) => events.written(replica),
    alterIsr: (replica, change: IsrChange) => isrChanges.add(replica, change),
    deadlineMoved: () => {
      const one = hosted(key);
      if (one !== undefined) stir(one);
    },
    brokerView: (brokerId) => image().brokers.get(brokerId),
    trace: (event) => outbox.trace(event),
  };
}
