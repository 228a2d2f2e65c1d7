import type { ApiName, ApiVersionsResponse } from "@samsa/protocol";
import type { Call } from "./call.ts";

interface VersionRange {
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** What one broker said it speaks. */
export class VersionRanges {
  private readonly ranges = new Map<number, VersionRange>();

  constructor(response: Pick<ApiVersionsResponse, "apiKeys">) {
    for (const { apiKey, minVersion, maxVersion } of response.apiKeys) this.ranges.set(apiKey, { minVersion, maxVersion });
  }

  /** The highest version that the broker, the client and the call have in common. */
  choose<N extends ApiName>(call: Pick<Call<N>, "api" | "minVersion" | "maxVersion">): number | undefined {
    const range = this.ranges.get(call.api.key);
    if (range === undefined) return undefined;
    const version = Math.min(range.maxVersion, call.api.maxVersion, call.maxVersion ?? Number.POSITIVE_INFINITY);
    return version >= Math.max(range.minVersion, call.api.minVersion, call.minVersion ?? 0) ? version : undefined;
  }
}
