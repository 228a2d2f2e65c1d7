import type { Mutant } from "./mutant.ts";

const LOG = "packages/log/src";

/** The catalogue's bugs of storage (`reliability.md` §1.6), beside those of `index.ts`. */
export const storageMutants: readonly Mutant[] = [
  {
    id: "S02-roll",
    bug: "the next segment is begun before the full one is synced",
    source: "KAFKA-3968",
    edits: [
      {
        file: `${LOG}/segment-list.ts`,
        find: '() => ({ type: "sync", path: full.path }),\n      full',
        replace: '() => ({ type: "append", path: full.path, position: full.sizeInBytes, buffers: [] }),\n      full',
      },
    ],
    focus: { families: ["powerLoss", "powerLossInSync", "crash"], limits: { "log.segment.bytes": "1024" } },
  },
  {
    id: "S02-entry",
    bug: "a segment counts as synced without its entry in the directory",
    source: "KAFKA-3968",
    edits: [
      {
        file: `${LOG}/segment-syncer.ts`,
        find: "&& isLive && !current.isDirectory && !segment.isEntryDurable",
        replace: "&& isLive && current.isDirectory && !segment.isEntryDurable",
      },
      {
        file: `${LOG}/segment-list.ts`,
        find: "if (!full.isEntryDurable) this.syncEntry(full, { ...events, isClosing: true });",
        replace: 'if (!full.isEntryDurable) this.options.pipeline.addBarrier(full, () => ({ type: "sync", path: full.path }), { ...events, isClosing: true });',
      },
    ],
    focus: { families: ["powerLoss", "powerLossInSync", "crash"], limits: { "log.segment.bytes": "1024", "log.flush.interval.messages": "1" } },
  },
  {
    id: "S02-cut",
    bug: "a truncation is not synced before something is written behind it",
    source: "KAFKA-16541",
    edits: [{ file: `${LOG}/segment-list.ts`, find: '    pipeline.addBarrier(segment, () => ({ type: "sync", path }));\n', replace: "" }],
    focus: { families: ["powerLoss", "failoverStorm"] },
  },
  {
    id: "S02-deleted",
    bug: "dropped segments are deleted oldest first, and their directory is not synced",
    source: "KAFKA-3968",
    edits: [
      { file: `${LOG}/segment-list.ts`, find: "of segments.toReversed()) {", replace: "of segments) {" },
      { file: `${LOG}/segment-list.ts`, find: "      this.syncEntry(undefined);\n", replace: "" },
    ],
    focus: { families: ["powerLoss", "failoverStorm", "crash"], limits: { "log.segment.bytes": "1024", "replica.fetch.max.bytes": "1024" } },
  },
  {
    id: "S03",
    bug: "a sync that failed is tried again, and the second one is believed",
    source: "fsyncgate, USENIX ATC'20",
    edits: [
      {
        file: `${LOG}/segment-syncer.ts`,
        find: `      this.isStopped = true;
      this.events.failed(\`syncing \${segment.path} failed`,
        replace: `      if (segment.path !== "") return void this.outbox.request({ type: "sync", path: segment.path }, this);
      this.events.failed(\`syncing \${segment.path} failed`,
      },
    ],
    focus: { families: ["syncFails"], limits: { "log.flush.interval.messages": "1" } },
  },
  {
    id: "S08",
    bug: "a follower passes over a batch that is damaged",
    source: "KAFKA-5630",
    edits: [
      {
        file: `${LOG}/fetched-batches.ts`,
        find: 'if (damage !== undefined) return rejected("CORRUPT_MESSAGE",',
        replace: `if (damage?.code === "CRC_MISMATCH") {
      const skipped = batchHeaderAt(records, position);
      expected = skipped;
      position += skipped.sizeInBytes;
      continue;
    }
    if (damage !== undefined) return rejected("CORRUPT_MESSAGE",`,
      },
    ],
    focus: { families: ["corrupt"] },
  },
];
