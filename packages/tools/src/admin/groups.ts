import { apis, ErrorCode, newListGroupsRequest } from "@samsa/protocol";
import { asJavaException, brokerError, JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import { type ClusterNode, describeCluster } from "./cluster.ts";

export interface ListedGroup {
  readonly id: string;
  /** Such as `consumer`; empty for a classic group that has only offsets. */
  readonly protocol: string;
  /** `classic`, `consumer`, `share` or `streams`; empty where the broker does not say. In lower or upper case, as the broker writes it. */
  readonly type: string;
  /** Such as `Stable`; empty where the broker does not say. */
  readonly state: string;
}

/** All groups by id: each broker knows those that it coordinates. */
export async function listGroupDetails(session: Session): Promise<readonly ListedGroup[]> {
  const nodes = await brokers(session);
  const lists = await Promise.all(
    nodes.map(({ id }) =>
      session.request({
        callName: "listGroups",
        api: apis.ListGroups,
        request: () => newListGroupsRequest({}),
        target: { type: "broker", broker: id },
        errorOf: ({ errorCode }) => errorCode,
      }),
    ),
  );
  const failed = lists.find(({ errorCode }) => errorCode !== ErrorCode.NONE);
  if (failed !== undefined) throw brokerError(failed.errorCode);
  const listed = lists.flatMap(({ groups }) =>
    groups.map(({ groupId, protocolType, groupType, groupState }) => ({ id: groupId, protocol: protocolType, type: groupType, state: groupState })),
  );
  return listed.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

async function brokers(session: Session): Promise<readonly ClusterNode[]> {
  try {
    return (await describeCluster(session)).nodes;
  } catch (error) {
    throw new JavaException("org.apache.kafka.common.KafkaException", "Failed to find brokers to send ListGroups", { cause: asJavaException(error) });
  }
}

/** Their ids alone. */
export async function listGroups(session: Session): Promise<readonly string[]> {
  return (await listGroupDetails(session)).map(({ id }) => id);
}
