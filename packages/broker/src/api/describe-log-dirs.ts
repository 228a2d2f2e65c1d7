import { type DescribeLogDirsRequest, type DescribeLogDirsResponse, ErrorCode } from "@samsa/protocol";
import { inLogDirectory, type Outbox, type VolumeSize } from "@samsa/world";
import type { BrokerServices } from "../broker-services.ts";
import type { HostedReplica } from "../replicas/hosted-replica.ts";
import type { LogDirectories, LogDirectory } from "../replicas/log-directories.ts";
import type { ApiHandler } from "../request-context.ts";

type Result = DescribeLogDirsResponse["results"][number];
type Topic = Result["topics"][number];

/** Kafka's word for a volume of which nobody knows how large it is. */
const UNKNOWN_VOLUME: VolumeSize = { totalBytes: -1, usableBytes: -1 };

/** DescribeLogDirs 1–5: what lies in this broker's log directories, and how large their volumes are (KIP-827). A directory that has failed is named with its error, and nothing in it. */
export function describeLogDirsHandler(services: BrokerServices): ApiHandler<"DescribeLogDirs"> {
  return {
    api: "DescribeLogDirs",
    handle(request, context) {
      statVolumes(services.directories, services.outbox, (volumes) => {
        const hosted = [...services.replicas.all()].filter(wantedBy(request));
        const results = services.directories.directories.map((directory) => resultOf(directory, hosted, volumes.get(directory.index) ?? UNKNOWN_VOLUME));
        context.respond({ throttleTimeMs: 0, errorCode: 0, results });
      });
    },
  };
}

/** By index of the log directory. One that can't be asked is left out: it is no reason to take it offline. */
function statVolumes(directories: LogDirectories, outbox: Outbox, done: (volumes: ReadonlyMap<number, VolumeSize>) => void): void {
  const volumes = new Map<number, VolumeSize>();
  const { online } = directories;
  let left = online.length;
  if (left === 0) return done(volumes);
  for (const { index } of online)
    outbox.request(
      { type: "stat-volume", path: inLogDirectory(index, ".") },
      {
        complete: (completion) => {
          if (completion.type === "volume-stated") volumes.set(index, completion.size);
          left--;
          if (left === 0) done(volumes);
        },
      },
    );
}

/** Topics and partitions that are not here are left out, as Kafka does. */
function wantedBy({ topics }: DescribeLogDirsRequest): (hosted: HostedReplica) => boolean {
  if (topics === null) return () => true;
  const wanted = new Map<string, Set<number>>();
  // A request may name a topic as often as it likes.
  for (const { topic, partitions } of topics) {
    const known = wanted.get(topic) ?? new Set<number>();
    wanted.set(topic, known);
    for (const partition of partitions) known.add(partition);
  }
  return ({ topic, partition }) => wanted.get(topic)?.has(partition) === true;
}

function resultOf({ index, path, isOnline }: LogDirectory, hosted: readonly HostedReplica[], { totalBytes, usableBytes }: VolumeSize): Result {
  if (!isOnline) return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, logDir: path, topics: [], ...UNKNOWN_VOLUME, isCordoned: false };
  const topics = topicsOf(hosted.filter(({ logDir, log }) => logDir === index && log.isReady));
  return { errorCode: 0, logDir: path, topics, totalBytes, usableBytes, isCordoned: false };
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
