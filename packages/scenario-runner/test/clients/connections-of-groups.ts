import { setTimeout as sleep } from "node:timers/promises";
import { apis, ErrorCode, newDescribeGroupsRequest, newFindCoordinatorRequest } from "@samsa/protocol";
import { WireConnection } from "../../src/load/index.ts";
import { addressOf } from "./wire-questions.ts";

const GROUP_KEYS = 0;
/** The first version that asks for several at once. */
const FIND_VERSION = 4;
const DESCRIBE_VERSION = 5;
const RETRY_MS = 50;
const TRIES = 400;

/** A connection to each broker with the ids 1, 2, …, and which of them coordinates a group. */
export class ConnectionsOfGroups {
  private readonly connections: readonly WireConnection[];
  private readonly coordinators = new Map<string, WireConnection>();

  private constructor(connections: readonly WireConnection[]) {
    this.connections = connections;
  }

  static async open(brokers: readonly string[]): Promise<ConnectionsOfGroups> {
    return new ConnectionsOfGroups(await Promise.all(brokers.map((broker) => WireConnection.open(addressOf(broker)))));
  }

  /** To the coordinator of the first of `groups`; to the first broker where there is none. */
  async of([group]: readonly string[]): Promise<WireConnection> {
    const first = this.connections[0];
    if (first === undefined) throw new Error("no broker to ask");
    if (group === undefined) return first;
    const known = this.coordinators.get(group);
    if (known !== undefined) return known;
    for (let left = TRIES; left > 0; left--) {
      const { coordinators } = await first.call(
        apis.FindCoordinator,
        FIND_VERSION,
        newFindCoordinatorRequest({ keyType: GROUP_KEYS, coordinatorKeys: [group] }),
      );
      const found = coordinators[0];
      const connection = found?.errorCode === 0 ? this.connections[found.nodeId - 1] : undefined;
      if (connection !== undefined && (await isLoaded(connection, group))) {
        this.coordinators.set(group, connection);
        return connection;
      }
      await sleep(RETRY_MS);
    }
    throw new Error(`no broker coordinates the group ${group}`);
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }
}

/** A coordinator that still reads its partition answers everything by an error. */
async function isLoaded(connection: WireConnection, group: string): Promise<boolean> {
  const { groups } = await connection.call(apis.DescribeGroups, DESCRIBE_VERSION, newDescribeGroupsRequest({ groups: [group] }));
  return groups.every(({ errorCode }) => errorCode !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS && errorCode !== ErrorCode.NOT_COORDINATOR);
}
