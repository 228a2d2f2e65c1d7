import type { ApiName } from "@samsa/protocol";

/** What happens, and the test of it in one version: a request as bytes through a connection, its answer decoded and judged. */
export type VersionTest = readonly [behaviour: string, test: (version: number) => void];

/** What a handler shows in every version of its API, one file each in this folder, listed in `all.ts`. */
export interface VersionCase {
  readonly api: ApiName;
  readonly serves: VersionTest;
  readonly refuses: VersionTest;
}
