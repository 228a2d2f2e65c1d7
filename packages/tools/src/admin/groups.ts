import { apis, ErrorCode, newListGroupsRequest } from "@samsa/protocol";
import { brokerError } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import { describeCluster } from "./cluster.ts";

export interface ListedGroup {
  readonly id: string;
  /** Such as `consumer`; empty for a classic group that has only offsets. */
  readonly protocol: string;
  /** `classic`, `consumer`, `share` or `streams`; empty where the broker does not say. In lower or upper case, as the broker writes it. */
  readonly type: string;
}

/** All groups by id: each broker knows those that it coordinates. */
export async function listGroupDetails(session: Session): Promise<readonly ListedGroup[]> {
  const { nodes } = await describeCluster(session);
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
    groups.map(({ groupId, protocolType, groupType }) => ({ id: groupId, protocol: protocolType, type: groupType })),
  );
  return listed.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Their ids alone. */
export async function listGroups(session: Session): Promise<readonly string[]> {
  return (await listGroupDetails(session)).map(({ id }) => id);
}
