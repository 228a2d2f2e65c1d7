import { uuidFromBytes, ZERO_UUID } from "@samsa/stdx";
import fc from "fast-check";
import type { Field, FieldType, ScalarType, StructType } from "../generate/description.ts";
import { isArray, isStruct } from "../generate/description.ts";
import type { Message } from "../generate/message.ts";
import { includes, parseVersions } from "../generate/versions.ts";

/** Tags that no described field has. */
const UNKNOWN_TAG_MIN = 100;

const bytes = (): fc.Arbitrary<Uint8Array> =>
  fc.oneof({ weight: 9, arbitrary: fc.uint8Array({ maxLength: 20 }) }, { weight: 1, arbitrary: fc.uint8Array({ minLength: 1500, maxLength: 1600 }) });

const SCALARS: Readonly<Record<ScalarType, () => fc.Arbitrary<unknown>>> = {
  bool: () => fc.boolean(),
  int8: () => fc.integer({ min: -0x80, max: 0x7f }),
  int16: () => fc.integer({ min: -0x8000, max: 0x7fff }),
  uint16: () => fc.nat(0xffff),
  int32: () => fc.integer(),
  uint32: () => fc.nat(0xffff_ffff),
  int64: () => fc.maxSafeInteger(),
  float64: () => fc.double(),
  uuid: () => fc.oneof(fc.constant(ZERO_UUID), fc.uint8Array({ minLength: 16, maxLength: 16 }).map(uuidFromBytes)),
  string: () => fc.oneof(fc.string({ unit: "grapheme", maxLength: 12 }), fc.string({ unit: "grapheme-ascii", minLength: 40, maxLength: 150 })),
  bytes,
  records: bytes,
};

/** Messages that can be said in `version`: whatever the version lacks is at its default. */
export const messageArbitrary = (message: Message, version: number): fc.Arbitrary<object> => structArbitrary(message, message.root, version);

function structArbitrary(message: Message, struct: StructType, version: number): fc.Arbitrary<object> {
  const fields = fc.record(Object.fromEntries(struct.fields.map((field) => [field.name, fieldArbitrary(message, field, version)])));
  if (!includes(message.flexible, version)) return fields;
  const unknown = fc.uniqueArray(fc.record({ tag: fc.integer({ min: UNKNOWN_TAG_MIN, max: 0x7fff_ffff }), data: fc.uint8Array({ maxLength: 5 }) }), {
    selector: ({ tag }) => tag,
    minLength: 1,
    maxLength: 2,
  });
  const sorted = unknown.map((tags) => tags.toSorted((a, b) => a.tag - b.tag));
  const withUnknown = fc.tuple(fields, sorted).map(([known, unknownTaggedFields]) => ({ ...known, unknownTaggedFields }));
  return fc.oneof({ weight: 9, arbitrary: fields }, { weight: 1, arbitrary: withUnknown });
}

function fieldArbitrary(message: Message, field: Field, version: number): fc.Arbitrary<unknown> {
  if (!includes(parseVersions(field.versions), version)) return fc.constant(defaultOf(field));
  const value = field.isOpaque === true ? fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) : typeArbitrary(message, field.type, version);
  const orNull = includes(parseVersions(field.nullable ?? "none"), version)
    ? fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) })
    : value;
  return field.tag === undefined ? orNull : fc.oneof(orNull, fc.constant(defaultOf(field)));
}

function typeArbitrary(message: Message, type: FieldType, version: number): fc.Arbitrary<unknown> {
  if (isArray(type)) return fc.array(typeArbitrary(message, type.arrayOf, version), { maxLength: 3 });
  return isStruct(type) ? structArbitrary(message, type, version) : SCALARS[type]();
}

/** What an absent field decodes to, worked out apart from the generator. */
export function defaultOf(field: Field): unknown {
  if (field.isOpaque === true) return 0n;
  if (field.default !== undefined) return field.default;
  const { type } = field;
  if (isArray(type)) return [];
  if (isStruct(type)) return Object.fromEntries(type.fields.map((inner) => [inner.name, defaultOf(inner)]));
  const empty: Partial<Record<ScalarType, unknown>> = { bool: false, string: "", uuid: ZERO_UUID, bytes: new Uint8Array(0), records: null };
  return type in empty ? empty[type] : 0;
}
