import { decodeUtf8, encodeUtf8 } from "@samsa/stdx";

export interface EpochEntry {
  readonly epoch: number;
  readonly startOffset: number;
}

const VERSION = "0";

/** Kafka's text format: the version, the number of entries, and a line `epoch startOffset` for each. */
export function encodeEpochCheckpoint(entries: readonly EpochEntry[]): Uint8Array {
  const lines = [VERSION, String(entries.length), ...entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`)];
  return encodeUtf8(`${lines.join("\n")}\n`);
}

/** Undefined where the bytes are no such file, or its entries do not rise. */
export function decodeEpochCheckpoint(bytes: Uint8Array): readonly EpochEntry[] | undefined {
  const [version, count, ...lines] = decodeUtf8(bytes).split("\n");
  if (version !== VERSION || lines.pop() !== "" || String(lines.length) !== count) return undefined;
  const entries: EpochEntry[] = [];
  for (const line of lines) {
    const match = /^(\d{1,10}) (\d{1,16})$/.exec(line);
    if (match === null) return undefined;
    const entry = { epoch: Number(match[1]), startOffset: Number(match[2]) };
    const last = entries.at(-1);
    if (last !== undefined && (entry.epoch <= last.epoch || entry.startOffset <= last.startOffset)) return undefined;
    entries.push(entry);
  }
  return entries;
}
