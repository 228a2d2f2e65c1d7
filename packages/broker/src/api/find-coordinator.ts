import { ErrorCode, type ErrorName, errorOf, type FindCoordinatorResponse } from "@samsa/protocol";
import { NO_NODE, type Now } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import { OFFSETS_TOPIC } from "../coordinators/group-coordinators.ts";
import { endpointOf } from "../endpoints.ts";
import type { ApiHandler } from "../request-context.ts";

type Coordinator = FindCoordinatorResponse["coordinators"][number];

const FIRST_VERSION_WITH_BATCHES = 4;
const FIRST_VERSION_WITH_SHARES = 6;

const KEY_TYPE = { group: 0, transaction: 1, share: 2 };

/**
 * FindCoordinator 0–6: the broker that coordinates a group. The topic with groups in it is made when somebody asks for the first one. There are no
 * transactions yet: their ids get an error that clients take as final.
 */
export function findCoordinatorHandler(services: BrokerServices): ApiHandler<"FindCoordinator"> {
  return {
    api: "FindCoordinator",
    handle({ key, keyType, coordinatorKeys }, context, now) {
      const { apiVersion, listener } = context;
      const find = (one: string): Coordinator => {
        const error = refusalOf(keyType, apiVersion) ?? (one === "" ? "INVALID_GROUP_ID" : undefined);
        return error === undefined ? findGroup(services, one, listener, now) : failed(one, error);
      };
      if (apiVersion >= FIRST_VERSION_WITH_BATCHES)
        return context.respond({ ...NO_COORDINATOR, throttleTimeMs: 0, coordinators: coordinatorKeys.map((one) => find(one)) });
      const { nodeId, host, port, errorCode } = find(key);
      context.respond({ throttleTimeMs: 0, nodeId, host, port, errorCode, errorMessage: messageOf(errorCode, apiVersion), coordinators: [] });
    },
  };
}

/** As Kafka: also where there is no error; several keys have no messages. */
const messageOf = (errorCode: number, apiVersion: number): string | null =>
  apiVersion === 0 ? null : errorCode === ErrorCode.NONE ? "NONE" : (errorOf(errorCode)?.message ?? null);

/** Of the versions with one key, in those with several. */
const NO_COORDINATOR = { errorCode: 0, errorMessage: null, nodeId: 0, host: "", port: 0 };

function refusalOf(keyType: number, apiVersion: number): ErrorName | undefined {
  if (keyType === KEY_TYPE.group) return undefined;
  if (keyType === KEY_TYPE.transaction) return "TRANSACTIONAL_ID_AUTHORIZATION_FAILED";
  if (keyType === KEY_TYPE.share && apiVersion >= FIRST_VERSION_WITH_SHARES) return "COORDINATOR_NOT_AVAILABLE";
  return "INVALID_REQUEST";
}

function findGroup(services: BrokerServices, groupId: string, listener: string, now: Now): Coordinator {
  const { groups, image } = services;
  const { topic } = groups;
  if (topic === undefined) {
    services.topicCreation.createOffsetsTopic(OFFSETS_TOPIC, now);
    return failed(groupId, "COORDINATOR_NOT_AVAILABLE");
  }
  const leader = topic.partitions[groups.partitionOf(groupId) ?? 0]?.leader ?? NO_NODE;
  const endpoint = endpointOf(image.brokers.get(leader), listener);
  if (endpoint === undefined) return failed(groupId, "COORDINATOR_NOT_AVAILABLE");
  return { key: groupId, nodeId: leader, host: endpoint.host, port: endpoint.port, errorCode: ErrorCode.NONE, errorMessage: "" };
}

const failed = (key: string, error: ErrorName): Coordinator => ({
  key,
  nodeId: NO_NODE,
  host: "",
  port: -1,
  errorCode: ErrorCode[error],
  errorMessage: "",
});
