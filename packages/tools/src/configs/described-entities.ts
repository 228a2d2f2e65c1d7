import { describeCluster } from "../admin/cluster.ts";
import { ConfigSource, listConfigResources, ResourceType } from "../admin/configs.ts";
import { listGroups } from "../admin/groups.ts";
import { listTopics } from "../admin/topics.ts";
import type { Session } from "../session/session.ts";
import type { EntityType } from "./config-options.ts";

/** What has configs of its own that requests name. */
export type ResourceEntityType = Exclude<EntityType, "users" | "clients" | "ips">;

interface ResourceEntity {
  readonly type: ResourceType;
  /** Where a value set for this very entity comes from. */
  readonly source: number;
  /** Those that there are, without a default. */
  readonly list: (session: Session) => Promise<readonly string[]>;
}

const brokerIds = async (session: Session): Promise<readonly string[]> => (await describeCluster(session)).nodes.map(({ id }) => String(id));

export const RESOURCE_ENTITIES: { readonly [T in ResourceEntityType]: ResourceEntity } = {
  topics: {
    type: ResourceType.TOPIC,
    source: ConfigSource.DYNAMIC_TOPIC_CONFIG,
    list: async (session) => (await listTopics(session)).map(({ name }) => name),
  },
  brokers: { type: ResourceType.BROKER, source: ConfigSource.DYNAMIC_BROKER_CONFIG, list: brokerIds },
  "broker-loggers": { type: ResourceType.BROKER_LOGGER, source: ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG, list: brokerIds },
  "client-metrics": {
    type: ResourceType.CLIENT_METRICS,
    source: ConfigSource.DYNAMIC_CLIENT_METRICS_CONFIG,
    list: (session) => listConfigResources(session, ResourceType.CLIENT_METRICS),
  },
  groups: {
    type: ResourceType.GROUP,
    source: ConfigSource.DYNAMIC_GROUP_CONFIG,
    list: async (session) => [...new Set([...(await listGroups(session)), ...(await listConfigResources(session, ResourceType.GROUP))])],
  },
};

export const isResourceEntity = (type: EntityType): type is ResourceEntityType => Object.hasOwn(RESOURCE_ENTITIES, type);
