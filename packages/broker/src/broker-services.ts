import type { MetadataImage } from "@samsa/metadata";
import type { BrokerEpoch, NodeId } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";
import type { BrokerConfig } from "./config.ts";
import type { GroupCoordinators } from "./coordinators/group-coordinators.ts";
import type { ControllerChannel } from "./controller-channel.ts";
import type { ForwardedRequests } from "./forwarding/forwarded-requests.ts";
import type { ProducerIds } from "./producer-ids.ts";
import type { FetchSessionCache } from "./fetch-session/fetch-session-cache.ts";
import type { DeleteRecordsPurgatory } from "./purgatory/delete-records-purgatory.ts";
import type { FetchPurgatory } from "./purgatory/fetch-purgatory.ts";
import type { ProducePurgatory } from "./purgatory/produce-purgatory.ts";
import type { LogDirectories } from "./replicas/log-directories.ts";
import type { HostedReplicas } from "./replicas/hosted-replicas.ts";
import type { TopicCreation } from "./topic-creation.ts";

/** What request handlers work with. */
export interface BrokerServices {
  readonly config: BrokerConfig;
  readonly outbox: Outbox;
  /** The newest committed metadata this broker has applied. */
  readonly image: MetadataImage;
  readonly brokerEpoch: BrokerEpoch;
  /** −1 while none is known. */
  readonly activeController: NodeId;
  readonly replicas: HostedReplicas;
  readonly directories: LogDirectories;
  readonly channel: ControllerChannel;
  readonly forwarded: ForwardedRequests;
  readonly producePurgatory: ProducePurgatory;
  readonly fetchPurgatory: FetchPurgatory;
  readonly deleteRecordsPurgatory: DeleteRecordsPurgatory;
  readonly fetchSessions: FetchSessionCache;
  readonly producerIds: ProducerIds;
  readonly topicCreation: TopicCreation;
  readonly groups: GroupCoordinators;
  /** Of a hosted partition records were deleted at the log's start: its readers, and as a follower its leader, are told with the next fetch. */
  logStartMoved(key: string): void;
  /** All live replicas have done what a DeleteRecords asks for. */
  recordsDeleted(told: { readonly topic: string; readonly partition: number; readonly beforeOffset: number; readonly leaderEpoch: number }): void;
}
