import { type DescribeLogDirsRequest, type DescribeLogDirsResponse, ErrorCode } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import type { HostedReplica } from "../replicas/hosted-replica.ts";
import type { LogDirectory } from "../replicas/log-directories.ts";
import type { ApiHandler } from "../request-context.ts";

type Result = DescribeLogDirsResponse["results"][number];
type Topic = Result["topics"][number];

/** Kafka's word for a volume of which nobody knows how large it is: no world tells it. */
const UNKNOWN_VOLUME_BYTES = -1;

/** DescribeLogDirs 1–5: what lies in this broker's log directories. A directory that has failed is named with its error, and nothing in it. */
export function describeLogDirsHandler(services: BrokerServices): ApiHandler<"DescribeLogDirs"> {
  return {
    api: "DescribeLogDirs",
    handle(request, context) {
      const hosted = [...services.replicas.all()].filter(wantedBy(request));
      const results = services.directories.directories.map((directory) => resultOf(directory, hosted));
      context.respond({ throttleTimeMs: 0, errorCode: 0, results });
    },
  };
}

/** Topics and partitions that are not here are left out, as Kafka does. */
function wantedBy({ topics }: DescribeLogDirsRequest): (hosted: HostedReplica) => boolean {
  if (topics === null) return () => true;
  const wanted = new Map<string, Set<number>>();
  for (const { topic, partitions } of topics) wanted.set(topic, new Set([...(wanted.get(topic) ?? []), ...partitions]));
  return ({ topic, partition }) => wanted.get(topic)?.has(partition) === true;
}

function resultOf({ index, path, isOnline }: LogDirectory, hosted: readonly HostedReplica[]): Result {
  const volume = { totalBytes: UNKNOWN_VOLUME_BYTES, usableBytes: UNKNOWN_VOLUME_BYTES, isCordoned: false };
  if (!isOnline) return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, logDir: path, topics: [], ...volume };
  const topics = topicsOf(hosted.filter(({ logDir, log }) => logDir === index && log.isReady));
  return { errorCode: 0, logDir: path, topics, ...volume };
}

function topicsOf(hosted: readonly HostedReplica[]): readonly Topic[] {
  const byName = new Map<string, Topic["partitions"][number][]>();
  for (const { topic, partition: partitionIndex, log, replica } of hosted) {
    const offsetLag = Math.max(0, replica.highWatermark - log.writtenEnd);
    const partitions = byName.get(topic) ?? [];
    byName.set(topic, partitions);
    partitions.push({ partitionIndex, partitionSize: log.sizeInBytes, offsetLag, isFutureKey: false });
  }
  return [...byName].map(([name, partitions]) => ({ name, partitions }));
}
