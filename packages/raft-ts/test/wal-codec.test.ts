import { describe, expect, test } from "vitest";
import { CorruptWalError, EMPTY_PAST, encodeWrite, type PersistedWrite, recoverWal } from "../src/index.ts";
import { crc32c } from "./support/crc.ts";

const entry = (index: number, term: number, payload = [index, term]) => ({ index, term, payload: Uint8Array.from(payload) });
const WRITES: readonly PersistedWrite[] = [
  { term: 1, votedFor: 2, truncateFrom: 0, entries: [] },
  { term: 1, votedFor: 2, truncateFrom: 0, entries: [entry(1, 1, []), entry(2, 1), entry(3, 1)] },
  { term: 3, votedFor: -1, truncateFrom: 2, entries: [entry(2, 3), entry(3, 3)] },
];
const frames = (writes: readonly PersistedWrite[] = WRITES): readonly Uint8Array[] => writes.map((write) => encodeWrite(write, crc32c));
const join = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 0x10 : byte));

describe("the write-ahead log", () => {
  test("gives back term, vote and entries, with truncations replayed", () => {
    const bytes = join(frames());
    const expected = { term: 3, votedFor: -1, entries: [entry(1, 1, []), entry(2, 3), entry(3, 3)] };
    expect(recoverWal(bytes, crc32c)).toEqual({ recovered: expected, validBytes: bytes.length, droppedBytes: 0 });
  });

  test("of a new node is empty", () => {
    expect(recoverWal(new Uint8Array(0), crc32c)).toEqual({ recovered: EMPTY_PAST, validBytes: 0, droppedBytes: 0 });
  });

  test("keeps its layout: term, vote, truncation, first index, count, then the entries", () => {
    const frame = encodeWrite({ term: 2, votedFor: 1, truncateFrom: 0, entries: [entry(1, 2, [0xab])] }, crc32c);
    const hex = [...frame].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const body = "00000002" + "00000001" + "0000000000000000" + "0000000000000001" + "00000001" + "00000002" + "00000001" + "ab";
    expect(hex.slice(0, 16)).toBe("5246543100000025");
    expect(hex.slice(32)).toBe(body);
  });

  test("cut anywhere in its last frame is recovered up to the frame before", () => {
    const [first = new Uint8Array(0), ...rest] = frames();
    const whole = join([first, ...rest]);
    const lastStart = whole.length - (rest.at(-1)?.length ?? 0);
    for (let length = lastStart; length < whole.length; length++) {
      const { validBytes, droppedBytes, recovered } = recoverWal(whole.subarray(0, length), crc32c);
      expect([validBytes, droppedBytes, recovered.term]).toEqual([lastStart, length - lastStart, 1]);
    }
  });

  test("with any bit of its last frame flipped, or zeros behind it, drops the tail", () => {
    const whole = join(frames());
    const lastStart = whole.length - (frames().at(-1)?.length ?? 0);
    for (let at = lastStart; at < whole.length; at++) expect(recoverWal(flipped(whole, at), crc32c).validBytes).toBe(lastStart);
    expect(recoverWal(join([whole, new Uint8Array(4096)]), crc32c)).toMatchObject({ validBytes: whole.length, droppedBytes: 4096 });
  });

  test("with any bit of an earlier frame flipped is refused: what was synced is lost", () => {
    const whole = join(frames());
    const lastStart = whole.length - (frames().at(-1)?.length ?? 0);
    for (let at = 0; at < lastStart; at++) expect(() => recoverWal(flipped(whole, at), crc32c)).toThrow(CorruptWalError);
  });

  test("says where it is damaged and what to do", () => {
    const whole = join(frames());
    expect(() => recoverWal(flipped(whole, 20), crc32c)).toThrow("damaged at byte 0");
    expect(() => recoverWal(flipped(whole, 20), crc32c)).toThrow("this voter has forgotten");
  });

  test("does not take a frame inside the payload of a torn frame for a later one", () => {
    const inner = encodeWrite({ term: 9, votedFor: 1, truncateFrom: 0, entries: [] }, crc32c);
    const outer = encodeWrite({ term: 1, votedFor: 1, truncateFrom: 0, entries: [entry(1, 1, [...inner, 0, 0])] }, crc32c);
    expect(recoverWal(outer.subarray(0, outer.length - 1), crc32c).validBytes).toBe(0);
  });

  test("with a good checksum and impossible content is refused", () => {
    const impossible: readonly (readonly PersistedWrite[])[] = [
      [
        { term: 2, votedFor: 1, truncateFrom: 0, entries: [] },
        { term: 1, votedFor: 1, truncateFrom: 0, entries: [] },
      ],
      [{ term: 1, votedFor: 1, truncateFrom: 0, entries: [entry(2, 1)] }],
      [{ term: 1, votedFor: 1, truncateFrom: 1, entries: [] }],
      [{ term: 1, votedFor: 1, truncateFrom: 0, entries: [entry(1, 2)] }],
    ];
    for (const writes of impossible) expect(() => recoverWal(join(frames(writes)), crc32c)).toThrow(CorruptWalError);
  });
});
