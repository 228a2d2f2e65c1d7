import { uuid } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { produced } from "./support/batches.ts";
import { DIRECTORY, LogHarness } from "./support/log-harness.ts";
import { joined } from "./support/random-work.ts";
import type { TestDisk } from "./support/test-disk.ts";

const CONFIG = { segmentBytes: 200 };
const FIRST = `${DIRECTORY}/00000000000000000000.log`;

/** Five segments of one batch each. */
function diskOfFive(): TestDisk {
  const harness = new LogHarness({ config: CONFIG }).recovered();
  for (let i = 0; i < 5; i++) harness.leaderAppends(produced({ valueBytes: 60 }));
  harness.settle();
  return harness.disk.copy();
}

function recoverFrom(disk: TestDisk): LogHarness {
  const harness = new LogHarness({ disk, config: CONFIG }).recover();
  harness.settle();
  return harness;
}

function flipByte(disk: TestDisk, path: string, at: number): void {
  const content = disk.contentOf(path)?.slice() ?? new Uint8Array(0);
  content[at] = (content[at] ?? 0) ^ 1;
  disk.put(path, content);
}

describe("recovery", () => {
  test("drops a torn tail of the last segment and says how many bytes that were", () => {
    const disk = diskOfFive();
    const last = `${DIRECTORY}/00000000000000000004.log`;
    flipByte(disk, last, 100);
    const harness = recoverFrom(disk);
    expect(harness.log.appendedEnd).toBe(4);
    expect(harness.trace).toEqual([
      expect.objectContaining({ kind: "log-recovered", path: DIRECTORY, endOffset: 4, droppedBytes: produced({ valueBytes: 60 }).length }),
    ]);
    expect(disk.contentOf(last)).toHaveLength(0);
  });

  test("drops sound batches behind a bad one in the last segment, for they were not synced either", () => {
    const harness = new LogHarness().recovered();
    for (let i = 0; i < 3; i++) harness.leaderAppends(produced());
    harness.settle();
    const disk = harness.disk.copy();
    flipByte(disk, FIRST, produced().length + 30);
    expect(recoverFrom(disk).log.appendedEnd).toBe(1);
  });

  test("serves nothing of a log that is damaged before its last segment", () => {
    const disk = diskOfFive();
    flipByte(disk, `${DIRECTORY}/00000000000000000002.log`, 100);
    const harness = recoverFrom(disk);
    expect(harness.told).toEqual([expect.stringMatching(/^logDamaged: orders-0\/00000000000000000002.log is damaged at byte 0/)]);
    expect([harness.log.isReady, harness.log.isOffline]).toEqual([false, true]);
    expect(disk.contentOf(`${DIRECTORY}/00000000000000000002.log`)).toHaveLength(produced({ valueBytes: 60 }).length);
  });

  test("serves nothing of a log that lacks a segment", () => {
    const whole = diskOfFive();
    const disk = new LogHarness().disk;
    for (const name of whole.names(DIRECTORY))
      if (!name.includes("2.log")) disk.put(`${DIRECTORY}/${name}`, whole.contentOf(`${DIRECTORY}/${name}`) ?? new Uint8Array(0));
    expect(recoverFrom(disk).told).toEqual([expect.stringContaining("records are missing")]);
  });

  test("takes no files of another topic, nor segments that nobody signed", () => {
    const disk = diskOfFive();
    const stranger = new LogHarness({ disk, topicId: uuid("wwwwwwwwwwwwwwwwwwwwwA") }).recover();
    stranger.settle();
    expect(stranger.told).toEqual(["logForeign: vvvvvvvvvvvvvvvvvvvvvA"]);
    expect(stranger.log.isReady).toBe(false);
    expect(disk.contentOf(FIRST)).toBeDefined();
    const unsigned = new LogHarness().disk;
    unsigned.put(FIRST, produced());
    expect(recoverFrom(unsigned).told).toEqual([expect.stringContaining("no partition.metadata")]);
  });

  test("goes through batches that are larger than what it reads at once", () => {
    const config = { segmentBytes: 10_000_000, maxMessageBytes: 10_000_000 };
    const harness = new LogHarness({ config }).recovered();
    for (const valueBytes of [10, 3_000_000, 700_000, 10]) harness.leaderAppends(produced({ valueBytes }));
    harness.settle();
    const again = new LogHarness({ disk: harness.disk.copy(), config }).recovered();
    expect(again.log.appendedEnd).toBe(4);
  });

  test("does not take an unreadable file for a torn one", () => {
    const disk = diskOfFive();
    disk.faults.push({ name: "read", path: "00004.log", code: "EIO" });
    const harness = recoverFrom(disk);
    expect(harness.told).toEqual([expect.stringContaining("EIO")]);
    expect(disk.contentOf(`${DIRECTORY}/00000000000000000004.log`)).not.toHaveLength(0);
  });

  test("deletes a file that the last start left half-written, so that no end of it gets into the next one", () => {
    const disk = diskOfFive();
    disk.put(`${DIRECTORY}/leader-epoch-checkpoint.tmp`, new TextEncoder().encode("0\n4\n0 0\n1 1\n2 2\n3 3\n"));
    const harness = recoverFrom(disk);
    harness.leaderAppends(produced(), 8);
    harness.settle();
    expect(new TextDecoder().decode(disk.contentOf(`${DIRECTORY}/leader-epoch-checkpoint`))).toBe("0\n2\n0 0\n8 5\n");
  });

  test("begins anew where a power cut left half of partition.metadata and nothing else", () => {
    const { disk } = new LogHarness().recovered();
    const metadata = disk.contentOf(`${DIRECTORY}/partition.metadata`) ?? new Uint8Array(0);
    for (const length of [0, metadata.length - 5]) {
      const torn = new LogHarness().disk;
      torn.put(`${DIRECTORY}/partition.metadata`, metadata.slice(0, length));
      const harness = recoverFrom(torn);
      expect([harness.told, torn.contentOf(`${DIRECTORY}/partition.metadata`)]).toEqual([["logRecovered"], metadata]);
    }
  });

  test("does without a checkpoint that is damaged", () => {
    const disk = diskOfFive();
    disk.put(`${DIRECTORY}/leader-epoch-checkpoint`, new TextEncoder().encode("0\n9\nnonsense"));
    expect(recoverFrom(disk).log.epochEntries).toEqual([{ epoch: 0, startOffset: 0 }]);
  });

  test("drops what follows the batches, be it zeros or noise", () => {
    const batch = produced();
    for (const tail of [new Uint8Array(5), new Uint8Array(500), new Uint8Array(500).fill(0xff)]) {
      const disk = diskOfFive();
      const last = `${DIRECTORY}/00000000000000000004.log`;
      disk.put(last, joined([disk.contentOf(last) ?? batch, tail]));
      expect(recoverFrom(disk).trace).toEqual([expect.objectContaining({ kind: "log-recovered", path: DIRECTORY, endOffset: 5, droppedBytes: tail.length })]);
    }
  });
});
