import { type DescribeClusterResponse, ErrorCode, type ErrorName, newDescribeClusterResponse } from "@samsa/protocol";
import { CLUSTER_OPERATIONS, OPERATIONS_NOT_ASKED } from "../authorized-operations.ts";
import type { BrokerServices } from "../broker-services.ts";
import { brokerNodes, controllerIdOf } from "../cluster-view.ts";
import type { ApiHandler } from "../request-context.ts";

const BROKERS = 1;
const CONTROLLERS = 2;
const FIRST_VERSION_WITH_ENDPOINT_TYPE = 1;

/** DescribeCluster 0–2, of brokers: controllers are asked at listeners of their own. */
export function describeClusterHandler(services: BrokerServices): ApiHandler<"DescribeCluster"> {
  return {
    api: "DescribeCluster",
    handle(request, context) {
      const { endpointType, includeFencedBrokers } = request;
      if (endpointType !== BROKERS) return context.respond(refused(endpointType, context.apiVersion));
      const brokers = brokerNodes(services.image, context.listener).filter(({ isFenced }) => includeFencedBrokers || !isFenced);
      const controllerId = controllerIdOf(services);
      context.respond({
        throttleTimeMs: 0,
        errorCode: 0,
        errorMessage: null,
        endpointType: BROKERS,
        clusterId: services.config.clusterId,
        // A client looks for it among the brokers named here.
        controllerId: brokers.some(({ brokerId }) => brokerId === controllerId) ? controllerId : -1,
        brokers,
        clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : OPERATIONS_NOT_ASKED,
      });
    },
  };
}

function refused(endpointType: number, apiVersion: number): DescribeClusterResponse {
  const isKnown = endpointType === CONTROLLERS;
  const error: ErrorName =
    apiVersion < FIRST_VERSION_WITH_ENDPOINT_TYPE ? "INVALID_REQUEST" : isKnown ? "MISMATCHED_ENDPOINT_TYPE" : "UNSUPPORTED_ENDPOINT_TYPE";
  const errorMessage = isKnown
    ? "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER"
    : `Unsupported endpoint type ${endpointType}`;
  return newDescribeClusterResponse({ errorCode: ErrorCode[error], errorMessage });
}
