import type { Mutant } from "./mutant.ts";

const CHECKPOINTS = "packages/broker/src/replicas/log-checkpoints.ts";
const HOSTED = "packages/broker/src/replicas/hosted-replicas.ts";
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
    id: "S02-deleted",
    bug: "dropped segments are deleted oldest first, and their directory is not synced",
    source: "KAFKA-3968",
    edits: [
      { file: `${LOG}/segment-list.ts`, find: "of segments.toReversed()) {", replace: "of segments) {" },
      { file: `${LOG}/segment-list.ts`, find: "      this.syncEntry(undefined);\n", replace: "" },
    ],
    test: {
      file: "packages/log/test/recovery.property.test.ts",
      name: "is the beginning of one that there was also when the process died first, went on, and then the power went: no old record behind a new one",
      why: "whoever loses its power leaves the ISR, and cuts by leader epochs what came back: the log alone shows it, with a crash at every operation",
    },
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
  {
    id: "S02-directory",
    bug: "a partition's directory is not made durable in the one it lies in",
    source: "KAFKA-3968",
    edits: [
      {
        file: `${LOG}/recovery-identity.ts`,
        find: 'this.io.ask({ type: "sync-directory", path: parentOf(directory) }, (_, at) => this.options.created(at)),',
        replace: 'this.io.ask({ type: "sync-directory", path: directory }, (_, at) => this.options.created(at)),',
      },
    ],
    focus: { families: ["powerLoss"], limits: { "log.flush.interval.messages": "1" } },
  },
  {
    id: "S05",
    bug: "a start does not sync the cut that the last process left half done",
    source: "KAFKA-3123, KAFKA-6388",
    edits: [
      {
        file: `${LOG}/recovery-tail.ts`,
        find: "return this.options.mustSync || this.hasDropped || this.hasMarker;",
        replace: "return this.options.mustSync || this.hasDropped;",
      },
    ],
    test: {
      file: "packages/log/test/recovery.property.test.ts",
      name: "syncs a cut that the last process left half done, or old records would come back behind new ones",
      why: "whoever loses its power leaves the ISR, and cuts by leader epochs what came back: the log alone shows it, with a crash at every operation",
    },
  },
  {
    id: "S07",
    bug: "frames of a connection are views of one buffer, which the next ones overwrite",
    source: "CVE-2026-35554",
    edits: [
      {
        file: "packages/protocol/src/frame/frame-decoder.ts",
        find: "  private received = 0;\n",
        replace: "  private received = 0;\n  private readonly pool = new Uint8Array(65_536);\n",
      },
      {
        file: "packages/protocol/src/frame/frame-decoder.ts",
        find: "return { frames, error: this.error };",
        replace: `const pooled = frames.map((frame) => {
      if (frame.length > this.pool.length) return frame;
      this.pool.set(frame);
      return this.pool.subarray(0, frame.length);
    });
    return { frames: pooled, error: this.error };`,
      },
    ],
  },
  {
    id: "S-start-lost",
    bug: "the log starts again at its first segment after a restart, and deleted records are read",
    source: "KIP-107",
    edits: [
      {
        file: `${LOG}/log-records.ts`,
        find: "this.start = Math.min(Math.max(this.segments.first.baseOffset, startOffset), active.endOffset);",
        replace: "this.start = this.segments.first.baseOffset;",
      },
    ],
    test: {
      file: "packages/log/test/log-start.test.ts",
      name: "starts there again after a restart, as far as there is a log",
      why: "a run's checker knows no record that must be gone",
    },
  },
  {
    id: "S-start-ahead",
    bug: "a checkpoint of the log's start that is ahead of the log is believed",
    source: "KIP-107",
    edits: [
      {
        file: `${LOG}/log-records.ts`,
        find: "this.start = Math.min(Math.max(this.segments.first.baseOffset, startOffset), active.endOffset);",
        replace: "this.start = Math.max(this.segments.first.baseOffset, startOffset);",
      },
    ],
    test: {
      file: "packages/log/test/log-start.test.ts",
      name: "starts there again after a restart, as far as there is a log",
      why: "a log must lose its tail, and its checkpoint not, which hardly a run does",
    },
  },
  {
    id: "S-start-behind",
    bug: "where a log starts is not written again when it begins anew before that",
    source: "ours, found by a review",
    edits: [{ file: CHECKPOINTS, find: "correct(this.logStarts, replica.log.logStartOffset);", replace: "" }],
    test: {
      file: "packages/broker/test/fetcher/replica-fetcher.test.ts",
      name: "whose log begins anew before its start fetches once it is written down: the next start would hide what comes there",
      why: "an unclean leader must end before the start of another log, whose checkpoint was written, and whose process dies before it is again",
    },
  },
  {
    id: "S-fell-unheld",
    bug: "a replica whose high watermark fell goes on before the checkpoint says so",
    source: "ours, found by a review",
    edits: [
      { file: HOSTED, find: "if (this.checkpoints.overstates(hosted)) this.events.follows(hosted, NO_NODE);", replace: "" },
      {
        file: HOSTED,
        find: "return !this.recovering.has(hosted.key) && !this.checkpoints.overstates(hosted);",
        replace: "return !this.recovering.has(hosted.key);",
      },
    ],
    test: {
      file: "packages/broker/test/fetcher/replica-fetcher.test.ts",
      name: "that fell takes no other role until it is written down",
      why: "a process must die within the milliseconds of that write, when its log has grown again",
    },
  },
  {
    id: "S-start-of-files",
    bug: "a segment that is given up and not renamed yet is not thought of when the log's start is written down",
    source: "KIP-107, ours (swarm seed 2253)",
    edits: [
      {
        file: `${LOG}/log-records.ts`,
        find: "return this.deletions.firstOffset ?? this.segments.first.baseOffset;",
        replace: "return this.segments.first.baseOffset;",
      },
    ],
    test: {
      file: "packages/log/test/log-start.test.ts",
      name: "tells where the next process would let it begin, until the files are renamed",
      why: "a stop must come between the end of a segment and its renaming",
    },
  },
  {
    id: "S-retention-above",
    bug: "retention deletes segments that are not committed",
    source: "KIP-107",
    edits: [{ file: `${LOG}/expired-segments.ts`, find: "endOffset > highWatermark || isEmpty", replace: "isEmpty" }],
    test: {
      file: "packages/log/test/log-start.test.ts",
      name: "deletes nothing at or above the high watermark, whatever else is past it",
      why: "the invariant of a run ends it in the broken replica's own assertion first",
    },
  },
  {
    id: "S01",
    bug: "the marker of a clean stop stays when the logs are opened: a crash after it looks clean",
    source: "KAFKA-10471",
    edits: [
      {
        file: CHECKPOINTS,
        find: "if (this.isCleanStop) this.files.delete(CLEAN_STOP, (deleted) => this.end(deleted));\n              else this.end(inTheEnd);",
        replace: "this.end(inTheEnd);",
      },
    ],
    test: {
      file: "packages/broker/test/replicas/log-checkpoints.test.ts",
      name: "writes the marker when every log has written all, and the next start takes it away",
      why: "what it vouches for a start finds out by itself: the boot id tells whether the page cache is there, and a torn tail is checked for all the same",
    },
  },
  {
    id: "S01-unwhole",
    bug: "the marker of a clean stop is written though a log was not read yet, or could not write all",
    source: "KAFKA-15375",
    edits: [{ file: CHECKPOINTS, find: "areAllWhole &&= isWhole;", replace: "areAllWhole ||= isWhole;" }],
    test: {
      file: "packages/broker/test/replicas/log-checkpoints.test.ts",
      name: "writes no marker where a log could not write all",
      why: "as S01",
    },
  },
];
