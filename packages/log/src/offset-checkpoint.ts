import { decodeUtf8, encodeUtf8 } from "@samsa/stdx";

/** One line of `recovery-point-offset-checkpoint`, `replication-offset-checkpoint` or `log-start-offset-checkpoint`. */
export interface OffsetCheckpointEntry {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

const VERSION = "0";

/** Kafka's text format: the version, the number of entries, and a line `topic partition offset` for each. */
export function encodeOffsetCheckpoint(entries: readonly OffsetCheckpointEntry[]): Uint8Array {
  const lines = entries.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}\n`);
  return encodeUtf8(`${VERSION}\n${entries.length}\n${lines.join("")}`);
}

/** Undefined where the bytes are no such file: then nothing of it is believed. */
export function decodeOffsetCheckpoint(bytes: Uint8Array): readonly OffsetCheckpointEntry[] | undefined {
  const [version, count, ...lines] = decodeUtf8(bytes).split("\n");
  if (version !== VERSION || lines.pop() !== "" || String(lines.length) !== count) return undefined;
  const entries: OffsetCheckpointEntry[] = [];
  for (const line of lines) {
    const match = /^(\S{1,249}) (\d{1,10}) (\d{1,16})$/.exec(line);
    if (match === null) return undefined;
    entries.push({ topic: match[1] ?? "", partition: Number(match[2]), offset: Number(match[3]) });
  }
  return entries;
}
