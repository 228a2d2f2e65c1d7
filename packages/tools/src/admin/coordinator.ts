import { apis, ErrorCode, type FindCoordinatorResponse, newFindCoordinatorRequest } from "@samsa/protocol";
import { brokerError } from "../java-exception.ts";
import type { Session } from "../session/session.ts";

/** The broker that looks after a group. */
export interface Coordinator {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

type Found = Pick<FindCoordinatorResponse["coordinators"][number], "nodeId" | "host" | "port" | "errorCode" | "errorMessage">;

const FIRST_VERSION_WITH_BATCHES = 4;

/** Throws what brokers have against it. */
export async function findCoordinator(session: Session, groupId: string): Promise<Coordinator> {
  const response = await session.request({
    callName: "findCoordinator",
    api: apis.FindCoordinator,
    request: (version) => newFindCoordinatorRequest(version >= FIRST_VERSION_WITH_BATCHES ? { coordinatorKeys: [groupId] } : { key: groupId }),
    target: { type: "any" },
    errorOf: (answer) => foundOf(answer).errorCode,
  });
  const { nodeId, host, port, errorCode, errorMessage } = foundOf(response);
  if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode, errorMessage);
  return { id: nodeId, host, port };
}

/** Old versions have no list. */
const foundOf = (response: FindCoordinatorResponse): Found => response.coordinators[0] ?? response;
