import fc from "fast-check";
import { packPeerFrame, unpackPeerFrame } from "@samsa/server";

const MAX_BYTES = 16 * 1024 * 1024;

/** What no schema takes in the place of anything. */
const nested = (depth: number): unknown => Array.from({ length: depth }).reduce<unknown>((inner) => [inner], null);
const absurd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, -(2 ** 31), 2 ** 53, -(2 ** 53), 1.5, 1e300, -0.5),
  fc.constantFrom<unknown>(null, true, "", "x".repeat(5_000), "__proto__", [], {}, new Uint8Array(0), new Uint8Array(100)),
  fc.constantFrom(20, 200, 5_000).map(nested),
  fc.constantFrom(10_001, 100_000).map((count) => Array.from({ length: count }, () => 0)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.jsonValue({ maxDepth: 3 }),
);

export type Mutation =
  | { readonly type: "value"; readonly path: readonly number[]; readonly value: unknown }
  | { readonly type: "missing"; readonly path: readonly number[] }
  | { readonly type: "kind"; readonly path: readonly number[]; readonly kind: string }
  | { readonly type: "flip"; readonly at: number; readonly mask: number }
  | { readonly type: "cut"; readonly at: number }
  | { readonly type: "grow"; readonly bytes: Uint8Array }
  | { readonly type: "claim"; readonly at: number; readonly head: readonly number[] };

const path = fc.array(fc.nat(30), { minLength: 1, maxLength: 6 });

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("value" as const), path, value: absurd }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("missing" as const), path }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("kind" as const), path, kind: fc.constantFrom("", "no-such-type", "__proto__", "constructor", "RAFT") }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("flip" as const), at: fc.nat(), mask: fc.integer({ min: 1, max: 255 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("cut" as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("grow" as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("claim" as const),
      at: fc.nat(),
      // 2^32 − 1 elements, pairs, bytes; a record, a pattern, an error and texts elsewhere, as some decoders take them.
      head: fc.constantFrom<readonly number[]>(
        [0xdd, 0xff, 0xff, 0xff, 0xff],
        [0xdf, 0xff, 0xff, 0xff, 0xff],
        [0xc6, 0xff, 0xff, 0xff, 0xff],
        [0xdb, 0xff, 0xff, 0xff, 0xff],
        [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61],
        [0xd6, 0x78, 0x92, 0xa1, 0x61, 0xa0],
        [0xc7, 0x04, 0x65, 0x92, 0xa1, 0x61, 0xa0],
        [0xc8, 0x00, 0x04, 0x62, 0xff, 0xff, 0xff, 0xff],
      ),
    }),
  },
);

/** The frame with one thing wrong; it may still be right by chance. */
export function mutate(frame: Uint8Array, how: Mutation): Uint8Array {
  switch (how.type) {
    case "value":
      return edit(frame, how.path, (parent, key) => parent.set(key, how.value));
    case "missing":
      return edit(frame, how.path, (parent, key) => parent.delete(key));
    case "kind":
      return edit(frame, how.path.slice(0, 1 + ((how.path[0] ?? 0) % 2)), (parent) => parent.set("type", how.kind));
    case "flip":
      return frame.map((byte, index) => (index === how.at % frame.length ? byte ^ how.mask : byte));
    case "cut":
      return frame.slice(0, how.at % frame.length);
    case "grow":
      return Uint8Array.of(...frame, ...how.bytes);
    case "claim": {
      const at = how.at % frame.length;
      return Uint8Array.of(...frame.slice(0, at), ...how.head, ...frame.slice(at));
    }
  }
}

/** The frame once for each number in it, with `value` in its place. */
export function withEachNumber(frame: Uint8Array, value: unknown): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  const root = unpackPeerFrame(frame, MAX_BYTES);
  const replaceWithin = (parent: Record<string, unknown> | undefined): void => {
    for (const [key, child] of Object.entries(parent ?? {})) {
      if (parent === undefined || typeof child !== "number") {
        replaceWithin(asRecord(child));
        continue;
      }
      parent[key] = value;
      frames.push(packPeerFrame(root));
      parent[key] = child;
    }
  };
  replaceWithin(asRecord(root));
  return frames;
}

/** An array or an object, by its keys. */
interface Parent {
  set(key: string, value: unknown): void;
  delete(key: string): void;
}

function edit(frame: Uint8Array, steps: readonly number[], change: (parent: Parent, key: string) => void): Uint8Array {
  const root = unpackPeerFrame(frame, MAX_BYTES);
  let inner: Record<string, unknown> | undefined = asRecord(root);
  for (const [index, step] of steps.entries()) {
    if (inner === undefined) break;
    const keys = Object.keys(inner);
    const key = keys[step % Math.max(1, keys.length)];
    if (key === undefined) break;
    const child = asRecord(inner[key]);
    const parent = inner;
    if (child === undefined || index === steps.length - 1) {
      change({ set: (name, value) => void (parent[name] = value), delete: (name) => void delete parent[name] }, key);
      break;
    }
    inner = child;
  }
  return packPeerFrame(root);
}

/** Bytes are a value of their own. */
const asRecord = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === "object" && value !== null && !(value instanceof Uint8Array) ? (value as Record<string, unknown>) : undefined;
