import { type ApiName, apis } from "@samsa/protocol";

/** Every version of an API, both ends belong to it. */
export function versionsOf(api: ApiName): readonly number[] {
  const { minVersion, maxVersion } = apis[api];
  return Array.from({ length: maxVersion - minVersion + 1 }, (_, index) => minVersion + index);
}
