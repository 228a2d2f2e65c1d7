import { useCompression } from "@samsa/protocol/records";
import { nativeCompression } from "@samsa/world-node";
import { afterAll } from "vitest";

/** What a cluster puts into its process is taken out when the test file is over: other files of this worker count on there being no codec. */
export function leaveNoCodecs(): void {
  afterAll(() => useCompression(Object.fromEntries(Object.keys(nativeCompression).map((name) => [name, undefined]))));
}
