import type { MetadataImage } from "@samsa/metadata";
import { type NodeId, type Prng, unreachable } from "@samsa/stdx";
import { alterConfigs } from "./alter-configs.ts";
import { alterPartition } from "./alter-partition.ts";
import type { ControllerRequest } from "./api.ts";
import type { ControllerConfig, ControllerLimits } from "./config.ts";
import { createPartitions } from "./create-partitions.ts";
import { createTopics } from "./create-topics.ts";
import type { Decision } from "./decision.ts";
import { deleteTopics } from "./delete-topics.ts";
import { electLeaders } from "./elect-leaders.ts";
import { assignReplicas } from "./log-directories.ts";
import { allocateProducerIds } from "./producer-ids.ts";
import { uncleanRule } from "./unclean-election.ts";
import { updateFeatures } from "./update-features.ts";

/** What a command is decided on. */
export interface CommandSurroundings {
  readonly self: NodeId;
  /** With all that is decided already, though it may not be committed. */
  readonly image: MetadataImage;
  readonly config: ControllerConfig;
  readonly limits: ControllerLimits;
  /** Of a batch that may have to change every partition as well. */
  readonly bytesBesideChanges: number;
  readonly prng: Prng;
}

/** Requests that are decided on the metadata alone; what brokers say of themselves also moves sessions and hints. */
export type MetadataCommand = Exclude<ControllerRequest, { type: "register-broker" | "broker-heartbeat" | "describe-quorum" }>;

export function decideCommand(at: CommandSurroundings, request: MetadataCommand): Decision {
  const { self, image, config, limits } = at;
  switch (request.type) {
    case "create-topics":
      return createTopics(at, request);
    case "delete-topics":
      return deleteTopics(image, request, { isDeleteTopicEnabled: config.isDeleteTopicEnabled, maxTopicsPerRequest: limits.maxTopicsPerRequest });
    case "create-partitions":
      return createPartitions(at, request);
    case "incremental-alter-configs":
    case "alter-configs":
      return alterConfigs(
        {
          image,
          maxResources: limits.maxConfigResourcesPerRequest,
          maxBytes: at.bytesBesideChanges,
          uncleanRule: (after) => uncleanRule(after, { self, ...config }),
        },
        request,
      );
    case "elect-leaders":
      return electLeaders(image, request, limits.maxPartitionsPerBatch);
    case "update-features":
      return updateFeatures(image, request, self);
    case "alter-partition":
      return alterPartition(image, request, limits.maxPartitionsPerAlter);
    case "assign-replicas-to-dirs":
      return assignReplicas(image, request, { maxReplicas: limits.maxPartitionsPerAlter, isUncleanAllowed: uncleanRule(image, { self, ...config }) });
    case "allocate-producer-ids":
      return allocateProducerIds(image, request, limits.producerIdBlockSize);
    default:
      return unreachable(request, "unknown controller request");
  }
}
