import { apis, type DescribeClusterResponse, ErrorCode, newDescribeClusterRequest } from "@samsa/protocol";
import { brokerError } from "../java-exception.ts";
import type { Session } from "../session/session.ts";

export interface ClusterNode {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
  readonly isFenced: boolean;
}

export interface DescribedCluster {
  readonly clusterId: string;
  /** By id. */
  readonly nodes: readonly ClusterNode[];
}

/** The brokers in service, and, if they are asked for, those that are fenced. */
export async function describeCluster(session: Session, { isFencedIncluded = false }: { readonly isFencedIncluded?: boolean } = {}): Promise<DescribedCluster> {
  const { errorCode, errorMessage, clusterId, brokers }: DescribeClusterResponse = await session.request({
    callName: "listNodes",
    api: apis.DescribeCluster,
    request: () => newDescribeClusterRequest({ includeFencedBrokers: isFencedIncluded }),
    target: { type: "any" },
    errorOf: (response) => response.errorCode,
  });
  if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode, errorMessage);
  const nodes = brokers.map(({ brokerId, host, port, rack, isFenced }) => ({ id: brokerId, host, port, rack, isFenced }));
  return { clusterId, nodes: nodes.toSorted((a, b) => a.id - b.id) };
}
