import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeBatch } from "../../src/records/index.ts";
import { decodeRecords, skimRecords } from "../../src/records/decode-records.ts";

const bytes = fc.uint8Array({ maxLength: 20 });
const nullableBytes = fc.option(bytes, { nil: null });
const record = fc.record({
  key: nullableBytes,
  value: nullableBytes,
  timestamp: fc.integer({ min: 0, max: 2 ** 40 }),
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 5 }), value: nullableBytes }), { maxLength: 3 }),
});
const batch = fc.array(record, { minLength: 1, maxLength: 10 }).map((records) => encodeBatch({ records }));
/** Where a byte is changed, as a fraction of the batch, and to what. */
const damage = fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat({ max: 255 })), { maxLength: 2 });

interface Walked {
  readonly records: readonly { readonly offset: number; readonly timestamp: number; readonly hasKey: boolean }[];
  readonly error: string | undefined;
}

function decoded(produced: Uint8Array): Walked {
  try {
    return { records: decodeRecords(produced).map(({ offset, timestamp, key }) => ({ offset, timestamp, hasKey: key !== null })), error: undefined };
  } catch (error) {
    return { records: [], error: String(error) };
  }
}

function skimmed(produced: Uint8Array): Walked {
  const records: Walked["records"][number][] = [];
  try {
    skimRecords(produced, {}, (index, offset, timestamp, hasKey) => {
      expect(index).toBe(records.length);
      records.push({ offset, timestamp, hasKey });
    });
    return { records, error: undefined };
  } catch (error) {
    return { records: [], error: String(error) };
  }
}

test("skimming sees what decoding sees, and refuses what it refuses with the same words", () => {
  fc.assert(
    fc.property(batch, damage, (sound, changes) => {
      const damaged = sound.slice();
      // Only the records: the header's own rules are others' business.
      for (const [where, byte] of changes) damaged[61 + Math.floor(where * (damaged.length - 61))] = byte;
      expect(skimmed(damaged)).toEqual(decoded(damaged));
    }),
    { seed: 20261121, numRuns: 2000 },
  );
});
