import { describe, expect, test } from "vitest";
import { CorruptSnapshotError, decodeSnapshot, encodeSnapshot } from "../src/index.ts";
import { crc32c } from "./support/crc.ts";
import { voters } from "./support/replicas.ts";

const CONTENT = { index: 2 ** 40 + 7, term: 3, voters: voters(1, 2, 3), data: Uint8Array.from({ length: 50 }, (_, i) => i) };

describe("a snapshot", () => {
  const snapshot = encodeSnapshot(CONTENT, crc32c);

  test("gives back what it was made of, under the same id", () => {
    const read = decodeSnapshot(snapshot.file, crc32c);
    expect(read).toEqual(snapshot);
    expect(read).toMatchObject(CONTENT);
    expect(read.id).toEqual({ index: CONTENT.index, term: 3, size: snapshot.file.length, checksum: crc32c(snapshot.file) });
  });

  test("of an application that keeps nothing is one all the same", () => {
    const empty = encodeSnapshot({ ...CONTENT, data: new Uint8Array(0) }, crc32c);
    expect(decodeSnapshot(empty.file, crc32c).data.length).toBe(0);
  });

  test("is refused with any bit of any byte flipped, cut anywhere, and with a byte more", () => {
    for (let at = 0; at < snapshot.file.length; at++) {
      const flipped = snapshot.file.map((byte, i) => (i === at ? byte ^ (1 << (at % 8)) : byte));
      expect(() => decodeSnapshot(flipped, crc32c), `byte ${at}`).toThrow(CorruptSnapshotError);
      expect(() => decodeSnapshot(snapshot.file.subarray(0, at), crc32c), `cut at ${at}`).toThrow(CorruptSnapshotError);
    }
    expect(() => decodeSnapshot(Uint8Array.of(...snapshot.file, 0), crc32c)).toThrow("its length does not fit");
  });

  test("with good checksums and impossible content is refused", () => {
    for (const wrong of [{ index: 0 }, { term: 0 }, { voters: [] }, { voters: [{ id: 1, directoryId: " ", address: "" }] }])
      expect(() => decodeSnapshot(encodeSnapshot({ ...CONTENT, ...wrong }, crc32c).file, crc32c)).toThrow(CorruptSnapshotError);
  });
});
