import { apiVersions } from "./api-versions.ts";
import { createTopics } from "./create-topics.ts";
import { describeCluster } from "./describe-cluster.ts";
import { describeTopicPartitions } from "./describe-topic-partitions.ts";
import { fetch } from "./fetch.ts";
import { initProducerId } from "./init-producer-id.ts";
import { listOffsets } from "./list-offsets.ts";
import { metadata } from "./metadata.ts";
import { offsetForLeaderEpoch } from "./offset-for-leader-epoch.ts";
import { produce } from "./produce.ts";
import { saslAuthenticate } from "./sasl-authenticate.ts";
import { saslHandshake } from "./sasl-handshake.ts";
import type { VersionCase } from "./version-case.ts";

/** One for each handler, in the order of the API keys. */
export const versionCases: readonly VersionCase[] = [
  produce,
  fetch,

  listOffsets,
  metadata,
  saslHandshake,
  apiVersions,
  createTopics,
  initProducerId,
  offsetForLeaderEpoch,
  saslAuthenticate,
  describeCluster,
  describeTopicPartitions,
];
