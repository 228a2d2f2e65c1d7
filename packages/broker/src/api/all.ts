import { type ApiName, apis } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";
import { apiVersionsHandler } from "./api-versions.ts";
import { createTopicsHandler } from "./create-topics.ts";
import { describeClusterHandler } from "./describe-cluster.ts";
import { describeTopicPartitionsHandler } from "./describe-topic-partitions.ts";
import { fetchHandler } from "./fetch.ts";
import { initProducerIdHandler } from "./init-producer-id.ts";
import { listOffsetsHandler } from "./list-offsets.ts";
import { metadataHandler } from "./metadata.ts";
import { offsetForLeaderEpochHandler } from "./offset-for-leader-epoch.ts";
import { produceHandler } from "./produce.ts";
import { saslAuthenticateHandler } from "./sasl-authenticate.ts";
import { saslHandshakeHandler } from "./sasl-handshake.ts";

/** Every API that this broker serves, by number. What is not here is not advertised. */
export function allHandlers(services: BrokerServices): ReadonlyMap<number, ApiHandler<ApiName>> {
  const handlers = new Map<number, ApiHandler<ApiName>>();
  // A handler is called only with requests that its own codec decoded.
  const add = <Name extends ApiName>(handler: ApiHandler<Name>): void => void handlers.set(apis[handler.api].key, handler as unknown as ApiHandler<ApiName>);
  add(
    apiVersionsHandler(() =>
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
  return handlers;
}
