import { concatBytes, type Prng } from "@samsa/stdx";
import { lengthBytes, type Mark, varint, type WrittenMessage } from "./message-writer.ts";

/** One request before it is framed, with every place where a length, a text or a tag is. */
export type Draft = WrittenMessage;

/** What is wrong with a frame. `none`: nothing; its values may be strange. */
export type MutationName = (typeof MUTATION_NAMES)[number];

export const MUTATION_NAMES = ["length", "null", "text", "tags", "version", "api", "cut", "half", "grow", "join", "flip", "number", "size"] as const;

/** A stream of bytes: whole frames, or where the mutation says so not. */
export interface MutatedFrame {
  readonly bytes: Uint8Array;
  readonly name: MutationName | "none";
}

const SIZE_LIMIT_AND_ONE = 104_857_601;
const EXTREMES = [0, -1, 1, 0x7fff_ffff, -0x8000_0000, 0x7fff, 100_000_000];
/** A byte that no sequence has; an overlong form; half of a surrogate pair; a sequence that breaks off. */
const NO_TEXT: readonly (readonly number[])[] = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]];
const API_KEYS_MAX = 95;

export const framed = (frame: Uint8Array, size = frame.length): Uint8Array => concatBytes([Uint8Array.from(lengthBytes("int32", size)), frame]);

/** The draft as a frame with one thing wrong; it may still be right by chance. `turn` walks over places, so that each is come to. */
export function mutate(draft: Draft, name: MutationName, prng: Prng, turn: number): MutatedFrame {
  const bytes = BY_NAME[name](draft, prng, turn);
  return { bytes, name };
}

type Mutate = (draft: Draft, prng: Prng, turn: number) => Uint8Array;

const BY_NAME: Readonly<Record<MutationName, Mutate>> = {
  length: (draft, prng, turn) => {
    const mark = pickMark(draft, "length", turn);
    return mark === undefined ? flip(draft, prng) : withLength(draft, mark, prng.pick([mark.value + 1, mark.value - 1, ...EXTREMES]));
  },
  null: (draft, prng, turn) => {
    const mark = pickMark(draft, "length", turn);
    return mark === undefined ? flip(draft, prng) : withLength(draft, mark, -1);
  },
  text: (draft, prng, turn) => {
    const mark = pickMark(draft, "text", turn);
    if (mark === undefined) return flip(draft, prng);
    const bytes = draft.bytes.slice();
    const wrong = prng.pick(NO_TEXT).slice(0, mark.size);
    bytes.set(wrong, mark.at + prng.below(mark.size - wrong.length + 1));
    return framed(bytes);
  },
  tags: (draft, prng, turn) => {
    const mark = pickMark(draft, "tags", turn);
    return mark === undefined ? flip(draft, prng) : framed(replaced(draft.bytes, mark, prng.pick(WRONG_TAGS)(draft.bytes, mark)));
  },
  version: ({ bytes }, prng) => framed(withInt16(bytes, 2, prng.pick([int16(bytes, 2) + 1, int16(bytes, 2) - 1, -1, 0x7fff, prng.below(20)]))),
  api: ({ bytes }, prng) => framed(withInt16(bytes, 0, prng.pick([prng.below(API_KEYS_MAX), -1, 0x7fff]))),
  // Cut at each byte in turn, the frame whole by its size.
  cut: ({ bytes }, _, turn) => framed(bytes.slice(0, turn % bytes.length)),
  half: ({ bytes }, prng) => framed(bytes).slice(0, prng.below(bytes.length + 4)),
  grow: ({ bytes }, prng) => framed(concatBytes([bytes, prng.bytes(prng.pick([1, 4, 100]))])),
  join: ({ bytes }) => framed(concatBytes([bytes, bytes])),
  flip: (draft, prng) => flip(draft, prng),
  number: (draft, prng, turn) => {
    const mark = pickMark(draft, "number", turn);
    if (mark === undefined) return flip(draft, prng);
    const edge = prng.pick([0x00, 0x7f, 0x80, 0xff]);
    const rest = prng.pick([0x00, 0xff]);
    return framed(replaced(draft.bytes, mark, [edge, ...Array.from({ length: mark.size - 1 }, () => rest)]));
  },
  size: ({ bytes }, prng) => framed(bytes, prng.pick([bytes.length + 1, bytes.length - 1, 0, -1, 0x7fff_ffff, SIZE_LIMIT_AND_ONE, 100_000_000, -0x8000_0000])),
};

type MarkOf<T extends Mark["type"]> = Extract<Mark, { type: T }>;

function pickMark<T extends Mark["type"]>({ marks }: Draft, type: T, turn: number): MarkOf<T> | undefined {
  const fitting = marks.filter((mark): mark is MarkOf<T> => mark.type === type);
  return fitting[turn % Math.max(1, fitting.length)];
}

const withLength = ({ bytes }: Draft, mark: MarkOf<"length">, value: number): Uint8Array => framed(replaced(bytes, mark, lengthBytes(mark.form, value)));

const replaced = (bytes: Uint8Array, { at, size }: { readonly at: number; readonly size: number }, by: readonly number[]): Uint8Array =>
  concatBytes([bytes.subarray(0, at), Uint8Array.from(by), bytes.subarray(at + size)]);

const UNKNOWN_TAG = 100;
const contentOf = (bytes: Uint8Array, { at, size }: MarkOf<"tags">): number[] => [...bytes.subarray(at + 1, at + size)];

/** Tags that come twice, in a wrong order, too many, with sizes that lie; and ones that nobody knows, which are right. */
const WRONG_TAGS: readonly ((bytes: Uint8Array, mark: MarkOf<"tags">) => readonly number[])[] = [
  (bytes, mark) => [2 * mark.count, ...contentOf(bytes, mark), ...contentOf(bytes, mark)],
  (bytes, mark) => [mark.count + 2, ...contentOf(bytes, mark), UNKNOWN_TAG, 1, 0, UNKNOWN_TAG, 1, 0],
  (bytes, mark) => [mark.count + 2, ...contentOf(bytes, mark), UNKNOWN_TAG + 1, 0, UNKNOWN_TAG, 0],
  (bytes, mark) => [mark.count + 1, ...contentOf(bytes, mark), UNKNOWN_TAG, ...varint(0x7fff_ffff)],
  (bytes, mark) => [mark.count + 1, ...contentOf(bytes, mark), UNKNOWN_TAG, 3, 1, 2, 3],
  (bytes, mark) => [
    ...varint(mark.count + 300),
    ...contentOf(bytes, mark),
    ...Array.from({ length: 300 }, (_, index) => [...varint(UNKNOWN_TAG + index), 0]).flat(),
  ],
  (bytes, mark) => [...varint(0xffff_ffff), ...contentOf(bytes, mark)],
  (bytes, mark) => [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...contentOf(bytes, mark)],
];

function flip({ bytes }: Draft, prng: Prng): Uint8Array {
  const flipped = bytes.slice();
  for (let count = prng.pick([1, 1, 2, 8]); count > 0; count--) {
    // The first eight bytes choose API and version: most flips are of what comes behind.
    const at = prng.below(8) === 0 ? prng.below(bytes.length) : Math.min(bytes.length - 1, 8 + prng.below(Math.max(1, bytes.length - 8)));
    flipped[at] = (flipped[at] ?? 0) ^ (1 << prng.below(8));
  }
  return framed(flipped);
}

const int16 = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer, bytes.byteOffset).getInt16(at);

function withInt16(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = bytes.slice();
  new DataView(changed.buffer).setInt16(at, value);
  return changed;
}
