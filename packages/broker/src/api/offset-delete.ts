import { offsetDeleteFailed } from "@samsa/coordinators";
import { ErrorCode, type OffsetDeleteRequest, type OffsetDeleteResponse } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";

/** OffsetDelete 0 (KIP-496): offsets of topics that no member of the group reads. */
export function offsetDeleteHandler(services: BrokerServices): ApiHandler<"OffsetDelete"> {
  return {
    api: "OffsetDelete",
    handle(request, context, now) {
      const coordinator = services.groups.of(request.groupId);
      if (request.groupId === "") return context.respond(offsetDeleteFailed("INVALID_GROUP_ID"));
      if (typeof coordinator === "string") return context.respond(offsetDeleteFailed(coordinator));
      const isThere = (topic: string, partition: number): boolean => services.image.topicByName(topic)?.partitions[partition] !== undefined;
      const topics = request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.filter(({ partitionIndex }) => isThere(name, partitionIndex)),
      }));
      coordinator.offsetDelete({ ...request, topics }, (response) => context.respond(withUnknown(request, response)), now);
    },
  };
}

/** Partitions that are not there are told so, in their places. */
function withUnknown(request: OffsetDeleteRequest, response: OffsetDeleteResponse): OffsetDeleteResponse {
  if (response.errorCode !== 0) return response;
  const codes = new Map(response.topics.flatMap(({ name, partitions }) => partitions.map((one) => [`${name}:${one.partitionIndex}`, one.errorCode] as const)));
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: codes.get(`${name}:${partitionIndex}`) ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    })),
  }));
  return { ...response, topics };
}
