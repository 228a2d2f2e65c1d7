import type { ConsumerGroupHeartbeatRequest } from "@samsa/protocol";
import { equalBytes } from "@samsa/stdx";
import type { ClientIdentity } from "../client-identity.ts";
import type { MemberMetadata } from "./consumer-group-state.ts";
import { sameNames, sortedNames } from "./topic-names.ts";

/** Of a member that has not said anything yet. */
export const NEW_METADATA: MemberMetadata = {
  instanceId: null,
  rackId: null,
  clientId: "",
  clientHost: "",
  subscribedTopicNames: [],
  subscribedTopicRegex: "",
  rebalanceTimeoutMs: -1,
  serverAssignor: null,
  classicMemberMetadata: null,
};

/** What a member says now; what it does not say is as before. */
export function metadataAfter(before: MemberMetadata, request: ConsumerGroupHeartbeatRequest, { clientId, clientHost }: ClientIdentity): MemberMetadata {
  const { instanceId, rackId, rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, serverAssignor } = request;
  return {
    instanceId: instanceId ?? before.instanceId,
    rackId: rackId ?? before.rackId,
    clientId,
    clientHost,
    subscribedTopicNames: subscribedTopicNames === null ? before.subscribedTopicNames : sortedNames(subscribedTopicNames),
    subscribedTopicRegex: subscribedTopicRegex ?? before.subscribedTopicRegex,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? before.rebalanceTimeoutMs : rebalanceTimeoutMs,
    serverAssignor: serverAssignor ?? before.serverAssignor,
    classicMemberMetadata: null,
  };
}

export const sameMetadata = (one: MemberMetadata, other: MemberMetadata): boolean =>
  one.instanceId === other.instanceId &&
  one.rackId === other.rackId &&
  one.clientId === other.clientId &&
  one.clientHost === other.clientHost &&
  sameNames(one.subscribedTopicNames, other.subscribedTopicNames) &&
  one.subscribedTopicRegex === other.subscribedTopicRegex &&
  one.rebalanceTimeoutMs === other.rebalanceTimeoutMs &&
  one.serverAssignor === other.serverAssignor &&
  sameClassicMetadata(one.classicMemberMetadata, other.classicMemberMetadata);

function sameClassicMetadata(one: MemberMetadata["classicMemberMetadata"], other: MemberMetadata["classicMemberMetadata"]): boolean {
  if (one === null || other === null) return one === other;
  return (
    one.sessionTimeoutMs === other.sessionTimeoutMs &&
    one.supportedProtocols.length === other.supportedProtocols.length &&
    one.supportedProtocols.every(({ name, metadata }, at) => {
      const protocol = other.supportedProtocols[at];
      return protocol !== undefined && protocol.name === name && equalBytes(protocol.metadata, metadata);
    })
  );
}
