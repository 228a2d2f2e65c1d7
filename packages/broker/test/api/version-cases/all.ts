import { alterConfigs, incrementalAlterConfigs } from "./alter-configs.ts";
import { apiVersions } from "./api-versions.ts";
import { createPartitions } from "./create-partitions.ts";
import { createTopics } from "./create-topics.ts";
import { describeCluster } from "./describe-cluster.ts";
import { describeLogDirs } from "./describe-log-dirs.ts";
import { describeTopicPartitions } from "./describe-topic-partitions.ts";
import { deleteTopics } from "./delete-topics.ts";
import { deleteRecords } from "./delete-records.ts";
import { describeConfigs } from "./describe-configs.ts";
import { describeQuorum } from "./describe-quorum.ts";
import { electLeaders } from "./elect-leaders.ts";
import { fetch } from "./fetch.ts";
import {
  consumerGroupDescribe,
  consumerGroupHeartbeat,
  deleteGroups,
  describeGroups,
  findCoordinator,
  heartbeat,
  joinGroup,
  leaveGroup,
  listGroups,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  syncGroup,
} from "./groups.ts";
import { initProducerId } from "./init-producer-id.ts";
import { listConfigResources } from "./list-config-resources.ts";
import { listOffsets } from "./list-offsets.ts";
import { metadata } from "./metadata.ts";
import { offsetForLeaderEpoch } from "./offset-for-leader-epoch.ts";
import { produce } from "./produce.ts";
import { saslAuthenticate } from "./sasl-authenticate.ts";
import { saslHandshake } from "./sasl-handshake.ts";
import { updateFeatures } from "./update-features.ts";
import type { VersionCase } from "./version-case.ts";

/** One for each handler, in the order of the API keys. */
export const versionCases: readonly VersionCase[] = [
  produce,
  fetch,

  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  findCoordinator,
  joinGroup,
  heartbeat,
  leaveGroup,
  syncGroup,
  describeGroups,
  listGroups,
  saslHandshake,
  apiVersions,
  createTopics,
  deleteTopics,
  deleteRecords,
  initProducerId,
  offsetForLeaderEpoch,
  describeConfigs,
  alterConfigs,
  saslAuthenticate,
  createPartitions,
  deleteGroups,
  electLeaders,
  incrementalAlterConfigs,
  offsetDelete,
  describeQuorum,
  updateFeatures,
  describeCluster,
  describeLogDirs,
  consumerGroupHeartbeat,
  consumerGroupDescribe,
  listConfigResources,
  describeTopicPartitions,
];
