import fc from "fast-check";
import { expect, test } from "vitest";
import { ANY_DIRECTORY, decodeVoters, encodeVoters, MAX_VOTERS, type Voter } from "../src/index.ts";
import { voter } from "./support/replicas.ts";

const text = (low: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.integer({ min: low.charCodeAt(0), max: 0x7e }).map((code) => String.fromCharCode(code)), minLength, maxLength });
const anyVoter: fc.Arbitrary<Voter> = fc.record({ id: fc.nat(0x7fff_ffff), directoryId: text("!", 0, 64), address: text(" ", 0, 255) });

test("voters are read as they were written", () => {
  const sets = fc.uniqueArray(anyVoter, { minLength: 1, maxLength: 9, selector: ({ id }) => id });
  fc.assert(
    fc.property(sets, (voters) => void expect(decodeVoters(encodeVoters(voters))).toEqual(voters)),
    { seed: 1, numRuns: 200 },
  );
});

test("the layout stays: version, count, then id, directory and address of each", () => {
  const bytes = encodeVoters([{ id: 258, directoryId: "ab", address: "c" }]);
  expect([...bytes]).toEqual([0, 0, 1, 0, 0, 1, 2, 2, 0x61, 0x62, 1, 0x63]);
});

test("what no encoder writes is refused: no voters, one twice, too many, ids and texts that can't be, bytes too few or too many", () => {
  const good = encodeVoters([voter(1), { id: 2, directoryId: ANY_DIRECTORY, address: "" }]);
  expect(decodeVoters(good)).toBeDefined();
  for (let length = 0; length < good.length; length++) expect(decodeVoters(good.subarray(0, length)), `${length} bytes`).toBeUndefined();
  const wrong: readonly Uint8Array[] = [
    Uint8Array.of(...good, 0),
    Uint8Array.of(1, ...good.subarray(1)),
    encodeVoters([]),
    encodeVoters([voter(1), voter(1)]),
    encodeVoters([voter(-1)]),
    encodeVoters([{ ...voter(1), directoryId: "a b" }]),
    encodeVoters([{ ...voter(1), address: "\n" }]),
    encodeVoters(Array.from({ length: MAX_VOTERS + 1 }, (_, id) => voter(id))),
  ];
  for (const bytes of wrong) expect(decodeVoters(bytes)).toBeUndefined();
});

test("anything at all is read without a throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void decodeVoters(bytes)),
    { seed: 1, numRuns: 500 },
  );
});
