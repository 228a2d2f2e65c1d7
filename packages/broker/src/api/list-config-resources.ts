import { ErrorCode, type ListConfigResourcesResponse } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import { isResourceType, ResourceType } from "../configs/resource-type.ts";
import type { ApiHandler } from "../request-context.ts";

type Listed = ListConfigResourcesResponse["configResources"][number];

const FIRST_VERSION_WITH_TYPES = 1;

/** ListConfigResources 0–1: what has configs, or could have some (KIP-1142). The first version lists subscriptions to clients' metrics, of which there are none. */
export function listConfigResourcesHandler(services: BrokerServices): ApiHandler<"ListConfigResources"> {
  return {
    api: "ListConfigResources",
    handle({ resourceTypes }, context) {
      const asked = context.apiVersion < FIRST_VERSION_WITH_TYPES ? [ResourceType.CLIENT_METRICS] : resourceTypes;
      const isKnown = asked.every(isResourceType);
      const types = new Set<number>(asked.length === 0 ? Object.values(ResourceType) : asked);
      context.respond({
        throttleTimeMs: 0,
        errorCode: isKnown ? 0 : ErrorCode.UNSUPPORTED_VERSION,
        configResources: isKnown ? [...types].flatMap((type) => list(services, type)) : [],
      });
    },
  };
}

function list({ image }: BrokerServices, resourceType: number): Listed[] {
  if (resourceType === ResourceType.TOPIC) return [...image.topics()].map(({ name }) => ({ resourceName: name, resourceType }));
  if (resourceType === ResourceType.GROUP) return [...image.configuredGroups()].map((resourceName) => ({ resourceName, resourceType }));
  if (resourceType !== ResourceType.BROKER && resourceType !== ResourceType.BROKER_LOGGER) return [];
  const live = [...image.brokers.values()].filter(({ isFenced }) => !isFenced);
  return live.map(({ brokerId }) => ({ resourceName: String(brokerId), resourceType }));
}
