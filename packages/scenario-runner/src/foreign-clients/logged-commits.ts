import { decodeRecords } from "@samsa/protocol/records";
import { readCommitted } from "../process-world/replica-logs.ts";

const OFFSET_COMMIT_KEYS: readonly number[] = [0, 1];

/** An offset that a group has committed, in the order of the log. */
export interface LoggedCommit {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** All commits of a group in the directory of a partition of `__consumer_offsets`. Reads records by itself: it is a check of those who write them. */
export function loggedCommits(directory: string, group: string): readonly LoggedCommit[] {
  const { bytes } = readCommitted(directory, Number.MAX_SAFE_INTEGER);
  const commits: LoggedCommit[] = [];
  for (let position = 0; position < bytes.length; position += bytes.readInt32BE(position + 8) + 12)
    for (const { key, value } of decodeRecords(bytes, position)) {
      const commit = key === null || value === null ? undefined : commitOf(Buffer.from(key), Buffer.from(value), group);
      if (commit !== undefined) commits.push(commit);
    }
  return commits;
}

/** What a group has committed, and then committed less of, partition by partition. */
export function commitsThatWentBack(commits: readonly LoggedCommit[]): readonly string[] {
  const last = new Map<string, number>();
  return commits.flatMap(({ topic, partition, offset }) => {
    const key = `${topic}-${partition}`;
    const before = last.get(key) ?? -1;
    last.set(key, offset);
    return offset < before ? [`${key}: from ${before} to ${offset}`] : [];
  });
}

/** Key: type, group, topic, partition. Value: version, offset. */
function commitOf(key: Buffer, value: Buffer, group: string): LoggedCommit | undefined {
  if (!OFFSET_COMMIT_KEYS.includes(key.readInt16BE(0))) return undefined;
  const groupEnd = 4 + key.readInt16BE(2);
  if (key.toString("utf8", 4, groupEnd) !== group) return undefined;
  const topicEnd = groupEnd + 2 + key.readInt16BE(groupEnd);
  return { topic: key.toString("utf8", groupEnd + 2, topicEnd), partition: key.readInt32BE(topicEnd), offset: Number(value.readBigInt64BE(2)) };
}
