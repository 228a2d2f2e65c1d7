import type { Mutant } from "./mutant.ts";

const COMPACTION = "packages/log/src/compaction";
const COMPACTION_TEST = "packages/log/test/compaction/log-compaction.test.ts";
const CRASH_TEST = "packages/log/test/compaction/compaction-crash.property.test.ts";
const POWER_LOSS_LEAVES =
  "whoever loses its power leaves the ISR, and gets from its leader what it lacks: the log alone shows it, with a crash at every operation";

/** The cleaner's rules. */
export const compactionMutants: readonly Mutant[] = [
  {
    id: "C-uncommitted",
    bug: "a log is compacted as far as it is closed, committed or not",
    source: "KAFKA-13194, Kafka's LogCleanerManager",
    edits: [
      {
        file: "packages/broker/src/replicas/log-cleaner.ts",
        find: "return Math.min(highWatermark, log.firstUnstableOffset(highWatermark) ?? highWatermark);",
        replace: "return log.firstUnstableOffset(highWatermark) ?? Number.MAX_SAFE_INTEGER;",
      },
    ],
    focus: { isCompacting: true },
  },
  {
    id: "C-tombstone",
    bug: "a tombstone goes in the round that takes what it deletes",
    source: "KIP-534",
    edits: [
      {
        file: `${COMPACTION}/batch-compaction.ts`,
        find: "deleteHorizonMs === undefined || rules.nowMs < deleteHorizonMs",
        replace: "deleteHorizonMs !== undefined && rules.nowMs < deleteHorizonMs",
      },
    ],
    focus: { isCompacting: true },
  },
  {
    id: "C-newest",
    bug: "the newest record of a key goes with the others",
    source: "Kafka's LogCleaner",
    edits: [{ file: `${COMPACTION}/key-offsets.ts`, find: "<= record.offset;", replace: "< record.offset;" }],
    focus: { isCompacting: true },
  },
  {
    id: "C-rest",
    bug: "a follower takes nothing of an empty batch of which it has some of the offsets, and asks for it again",
    source: "ours: a compacted log is dense",
    edits: [
      {
        file: "packages/log/src/fetched-batches.ts",
        find: "const records = fromEnd(fetched, end);",
        replace: "const records = fromEnd.length < 0 ? fromEnd(fetched, end) : fetched;",
      },
    ],
    focus: { isCompacting: true },
  },
  {
    id: "C-checkpoint",
    bug: "how far a log was compacted is believed, though the log was cut before it and has grown again",
    source: "Kafka's LogCleanerManager.maybeTruncateCheckpoint",
    edits: [
      {
        file: "packages/broker/src/replicas/log-checkpoints.ts",
        find: "    correct(this.cleanedEnds, replica.log.compaction.cleanedEnd ?? 0);\n",
        replace: "",
      },
    ],
    test: {
      file: "packages/broker/test/replicas/log-checkpoints.test.ts",
      name: "that fell is written at once, and for good, before the log grows again: a tombstone among what comes would be dropped before what it deletes",
      why: "what is compacted is committed, so that only an unclean election cuts it, and its process must die within a second",
    },
  },
  {
    id: "C-not-durable",
    bug: "segments are deleted before what takes their place is durable",
    source: "Kafka's LocalLog.replaceSegments",
    edits: [
      {
        file: `${COMPACTION}/segment-swap.ts`,
        find: 'this.ask([{ type: "sync", path: path + CLEANED_SUFFIX }], () =>',
        replace: 'this.ask([{ type: "append", path: path + CLEANED_SUFFIX, position: 0, buffers: [] }], () =>',
      },
    ],
    test: { file: CRASH_TEST, name: "of the host has all that was synced, and nothing that a later round had taken", why: POWER_LOSS_LEAVES },
  },
  {
    id: "C-swap-undone",
    bug: "a start that finds a swap half done deletes what was to take the segments' place, and keeps what is left of them",
    source: "Kafka's LogLoader.removeTempFilesAndCollectSwapFiles",
    edits: [
      {
        file: "packages/log/src/recovery-identity.ts",
        find: "const LEFT_SUFFIXES = [TEMPORARY_SUFFIX, DELETED_SUFFIX, CLEANED_SUFFIX] as const;",
        replace: 'const LEFT_SUFFIXES = [TEMPORARY_SUFFIX, DELETED_SUFFIX, CLEANED_SUFFIX, ".swap"] as const;',
      },
    ],
    test: {
      file: CRASH_TEST,
      name: "of the process has all that was written, and the last sequence of each producer",
      why: "a process must die between two deletions of one swap; what it then lacks its leader tells it to cut, or has",
    },
  },
  {
    id: "C-swap-beside",
    bug: "a start that sees a swap through leaves the other old segments beside the new one",
    source: "Kafka's LogLoader",
    edits: [
      {
        file: "packages/log/src/recovery-swaps.ts",
        find: "file.offset < baseOffset || file.offset >= endOffset) return false;",
        replace: "file.offset !== baseOffset) return false;",
      },
    ],
    test: {
      file: COMPACTION_TEST,
      name: "has none of the old ones beside the new one, however often it is cut short by the power",
      why: "a process must die between the first deletion of one swap and the last",
    },
  },
  {
    id: "C-damage",
    bug: "a damaged batch takes the log offline that the cleaner was to leave alone",
    source: "KAFKA-5431, Kafka's LogCleanerManager.markPartitionUncleanable",
    edits: [
      {
        file: `${COMPACTION}/cleaning-io.ts`,
        find: "if (damage !== undefined) return this.options.damaged(",
        replace: "if (damage !== undefined) return ((_: unknown, detail: string) => this.options.failed(detail, at))(",
      },
    ],
    test: {
      file: COMPACTION_TEST,
      name: "is left alone from a damaged segment on, which is told once, and is served as before",
      why: "no fault of the plans damages what was written and synced",
    },
  },
];
