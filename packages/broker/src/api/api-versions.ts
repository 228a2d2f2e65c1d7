import { type MetadataImage, SUPPORTED_FEATURES } from "@samsa/metadata";
import { type ApiVersionsResponse, ErrorCode, PRODUCE_ADVERTISED_MIN_VERSION } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";

/** What a client may send as its software's name and version (KIP-511). */
const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;
const API_VERSIONS_KEY = 18;
const PRODUCE_KEY = 0;

type Advertised = { readonly apiKey: number; readonly minVersion: number; readonly maxVersion: number };

/** ApiVersions 0–4: what this broker has handlers for, and nothing else; features that it can work with, and those that are final (KIP-584). */
export function apiVersionsHandler(services: BrokerServices, apis: () => Iterable<Advertised>): ApiHandler<"ApiVersions"> {
  return {
    api: "ApiVersions",
    handle(request, context) {
      const isMalformed = context.apiVersion >= 3 && !(SOFTWARE_NAME.test(request.clientSoftwareName) && SOFTWARE_NAME.test(request.clientSoftwareVersion));
      if (isMalformed) return context.respond(apiVersionsResponse(ErrorCode.INVALID_REQUEST, []));
      const advertised = [...apis()].map(({ apiKey, minVersion, maxVersion }) => ({
        apiKey,
        minVersion: apiKey === PRODUCE_KEY ? PRODUCE_ADVERTISED_MIN_VERSION : minVersion,
        maxVersion,
      }));
      advertised.sort((a, b) => a.apiKey - b.apiKey);
      context.respond({ ...apiVersionsResponse(0, advertised), ...featuresOf(services.image) });
    },
  };
}

function featuresOf({ index, features }: MetadataImage): Pick<ApiVersionsResponse, "supportedFeatures" | "finalizedFeatures" | "finalizedFeaturesEpoch"> {
  return {
    supportedFeatures: SUPPORTED_FEATURES.map(({ name, minLevel, maxLevel }) => ({ name, minVersion: minLevel, maxVersion: maxLevel })),
    finalizedFeaturesEpoch: index,
    finalizedFeatures: [...features].map(([name, level]) => ({ name, minVersionLevel: level, maxVersionLevel: level })),
  };
}

/** The answer, in version 0, to an ApiVersions request of a version we do not know: only its own range. */
export const unsupportedApiVersions = (): ApiVersionsResponse =>
  apiVersionsResponse(ErrorCode.UNSUPPORTED_VERSION, [{ apiKey: API_VERSIONS_KEY, minVersion: 0, maxVersion: 4 }]);

function apiVersionsResponse(code: number, apiKeys: Advertised[]): ApiVersionsResponse {
  return { errorCode: code, apiKeys, throttleTimeMs: 0, supportedFeatures: [], finalizedFeaturesEpoch: -1, finalizedFeatures: [], zkMigrationReady: false };
}
