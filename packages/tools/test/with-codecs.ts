import { useCompression } from "@samsa/protocol/records";
import { nativeCompression } from "@samsa/world-node";
import { afterAll, beforeAll } from "vitest";

/** What a tool has as a program. Other files of this worker count on there being no codec. */
export function haveCodecs(): void {
  beforeAll(() => useCompression(nativeCompression));
  afterAll(() => useCompression(Object.fromEntries(Object.keys(nativeCompression).map((name) => [name, undefined]))));
}
