import { apis, ErrorCode, newListGroupsRequest } from "@samsa/protocol";
import { brokerError } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import { describeCluster } from "./cluster.ts";

/** Ids of all groups: each broker knows those that it coordinates. */
export async function listGroups(session: Session): Promise<readonly string[]> {
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
  return lists.flatMap(({ groups }) => groups.map(({ groupId }) => groupId)).toSorted();
}
