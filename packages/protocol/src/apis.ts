import type { ApiCodec } from "./api-codec.ts";
import type { ApiName } from "./generated/api-types.ts";
import { apis } from "./generated/registry.ts";

/** An API whose name is not known at compile time. */
export type AnyApi = { readonly [N in ApiName]: ApiCodec<N> }[ApiName];

/**
 * The lowest Produce version to advertise in ApiVersions, although only 3 and above are accepted: librdkafka takes a
 * broker that begins higher for one without Produce (KAFKA-18659).
 */
export const PRODUCE_ADVERTISED_MIN_VERSION = 0;

const BY_KEY: ReadonlyMap<number, AnyApi> = new Map<number, AnyApi>(Object.values(apis).map((api) => [api.key, api]));

/** Undefined for a key that this package does not describe. */
export const apiOf = (apiKey: number): AnyApi | undefined => BY_KEY.get(apiKey);

export const isSupportedVersion = (api: AnyApi, version: number): boolean => version >= api.minVersion && version <= api.maxVersion;

/** 2 in front of flexible versions, else 1; also right for a version above those that we know. */
export const requestHeaderVersion = (api: AnyApi, version: number): 1 | 2 => (version >= api.flexibleFrom ? 2 : 1);

/** 1 in front of flexible versions, else 0; ApiVersions stays at 0 for ever. */
export const responseHeaderVersion = (api: AnyApi, version: number): 0 | 1 => (version >= api.flexibleFrom && api.hasFlexibleResponseHeader ? 1 : 0);
