import { apis, ErrorCode, newDescribeLogDirsRequest } from "@samsa/protocol";
import { brokerError, type JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import type { TopicPartition } from "./ask-leaders.ts";

export interface DescribedReplica extends TopicPartition {
  /** Bytes. */
  readonly size: number;
  readonly offsetLag: number;
  /** It is to take the place of the one in another directory. */
  readonly isFuture: boolean;
}

export interface DescribedLogDir {
  readonly path: string;
  /** Why it is offline. */
  readonly error: JavaException | undefined;
  /** By topic and number. */
  readonly replicas: readonly DescribedReplica[];
}

/** The log directories of one broker. */
export async function describeLogDirs(session: Session, broker: number): Promise<readonly DescribedLogDir[]> {
  const { errorCode, results } = await session.request({
    callName: "describeLogDirs",
    api: apis.DescribeLogDirs,
    request: () => newDescribeLogDirsRequest({ topics: null }),
    target: { type: "broker", broker },
    errorOf: (response) => response.errorCode,
  });
  if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode);
  return results.map((result) => ({
    path: result.logDir,
    error: result.errorCode === ErrorCode.NONE ? undefined : brokerError(result.errorCode),
    replicas: result.topics
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap(({ name, partitions }) =>
        partitions
          .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
          .map(({ partitionIndex, partitionSize, offsetLag, isFutureKey }) => ({
            topic: name,
            partition: partitionIndex,
            size: partitionSize,
            offsetLag,
            isFuture: isFutureKey,
          })),
      ),
  }));
}
