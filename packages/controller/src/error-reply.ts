import { brokerEpoch, unreachable } from "@samsa/stdx";
import type { ControllerError, ControllerReply, ControllerRequest } from "./api.ts";

/** The answer to a whole request that failed: of the request's type, and empty but for the error. */
export function errorReply(type: ControllerRequest["type"], error: ControllerError): ControllerReply {
  switch (type) {
    case "register-broker":
      return { type, error, brokerEpoch: brokerEpoch(-1) };
    case "broker-heartbeat":
      return { type, error, isFenced: true, shouldShutDown: false };
    case "assign-replicas-to-dirs":
      return { type, error };
    case "create-topics":
      return { type, error, topics: [] };
    case "alter-partition":
      return { type, error, partitions: [] };
    case "allocate-producer-ids":
      return { type, error, firstProducerId: -1, count: 0 };
    case "delete-topics":
    case "create-partitions":
      return { type, error, topics: [] };
    case "incremental-alter-configs":
    case "alter-configs":
      return { type, error, resources: [] };
    case "elect-leaders":
      return { type, error, partitions: [] };
    case "update-features":
      return { type, error, features: [] };
    case "describe-quorum":
      return { type, error, status: null };
    default:
      return unreachable(type, "unknown controller request");
  }
}
