import { type ApiName, apis } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";
import { alterConfigsHandler, incrementalAlterConfigsHandler } from "./alter-configs.ts";
import { apiVersionsHandler } from "./api-versions.ts";
import { consumerGroupDescribeHandler } from "./consumer-group-describe.ts";
import { consumerGroupHeartbeatHandler } from "./consumer-group-heartbeat.ts";
import { createPartitionsHandler } from "./create-partitions.ts";
import { createTopicsHandler } from "./create-topics.ts";
import { describeClusterHandler } from "./describe-cluster.ts";
import { describeTopicPartitionsHandler } from "./describe-topic-partitions.ts";
import { deleteTopicsHandler } from "./delete-topics.ts";
import { deleteRecordsHandler } from "./delete-records.ts";
import { describeConfigsHandler } from "./describe-configs.ts";
import { describeLogDirsHandler } from "./describe-log-dirs.ts";
import { describeQuorumHandler } from "./describe-quorum.ts";
import { electLeadersHandler } from "./elect-leaders.ts";
import { fetchHandler } from "./fetch.ts";
import { initProducerIdHandler } from "./init-producer-id.ts";
import { listConfigResourcesHandler } from "./list-config-resources.ts";
import { listOffsetsHandler } from "./list-offsets.ts";
import { metadataHandler } from "./metadata.ts";
import { offsetForLeaderEpochHandler } from "./offset-for-leader-epoch.ts";
import { produceHandler } from "./produce.ts";
import { saslAuthenticateHandler } from "./sasl-authenticate.ts";
import { saslHandshakeHandler } from "./sasl-handshake.ts";
import { updateFeaturesHandler } from "./update-features.ts";
import { deleteGroupsHandler } from "./delete-groups.ts";
import { describeGroupsHandler } from "./describe-groups.ts";
import { findCoordinatorHandler } from "./find-coordinator.ts";
import { heartbeatHandler } from "./heartbeat.ts";
import { joinGroupHandler } from "./join-group.ts";
import { leaveGroupHandler } from "./leave-group.ts";
import { listGroupsHandler } from "./list-groups.ts";
import { offsetCommitHandler } from "./offset-commit.ts";
import { offsetDeleteHandler } from "./offset-delete.ts";
import { offsetFetchHandler } from "./offset-fetch.ts";
import { syncGroupHandler } from "./sync-group.ts";

/** Every API that this broker serves, by number. What is not here is not advertised. */
export function allHandlers(services: BrokerServices): ReadonlyMap<number, ApiHandler<ApiName>> {
  const handlers = new Map<number, ApiHandler<ApiName>>();
  // A handler is called only with requests that its own codec decoded.
  const add = <Name extends ApiName>(handler: ApiHandler<Name>): void => void handlers.set(apis[handler.api].key, handler as unknown as ApiHandler<ApiName>);
  add(
    apiVersionsHandler(services, () =>
      [...handlers.values()].map(({ api }) => ({ apiKey: apis[api].key, minVersion: apis[api].minVersion, maxVersion: apis[api].maxVersion })),
    ),
  );
  add(metadataHandler(services));
  add(describeClusterHandler(services));
  add(describeTopicPartitionsHandler(services));
  add(createTopicsHandler(services));
  add(produceHandler(services));
  add(fetchHandler(services));
  add(listOffsetsHandler(services));
  add(offsetForLeaderEpochHandler(services));
  add(initProducerIdHandler(services));
  add(saslHandshakeHandler);
  add(saslAuthenticateHandler);
  add(deleteTopicsHandler(services));
  add(deleteRecordsHandler(services));
  add(createPartitionsHandler(services));
  add(describeConfigsHandler(services));
  add(alterConfigsHandler(services));
  add(incrementalAlterConfigsHandler(services));
  add(listConfigResourcesHandler(services));
  add(electLeadersHandler(services));
  add(describeQuorumHandler(services));
  add(updateFeaturesHandler(services));
  add(describeLogDirsHandler(services));
  add(deleteGroupsHandler(services));
  add(describeGroupsHandler(services));
  add(findCoordinatorHandler(services));
  add(heartbeatHandler(services));
  add(joinGroupHandler(services));
  add(leaveGroupHandler(services));
  add(listGroupsHandler(services));
  add(offsetCommitHandler(services));
  add(offsetDeleteHandler(services));
  add(offsetFetchHandler(services));
  add(syncGroupHandler(services));
  add(consumerGroupHeartbeatHandler(services));
  add(consumerGroupDescribeHandler(services));
  return handlers;
}
