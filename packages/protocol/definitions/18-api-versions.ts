import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

/**
 * The first request on a connection, sent before the client knows any version: the response keeps header 0 at every
 * version, and a version that the broker does not know is answered in version 0 with UNSUPPORTED_VERSION (KIP-511).
 */
export const apiVersions: ApiDescription = {
  key: 18,
  name: "ApiVersions",
  listeners: ["broker", "controller"],
  versions: "0-4",
  flexible: "3+",
  responseHeader: "always-0",
  history: {
    "1": "Response: throttle time.",
    "3": "Flexible; name and version of the client's software (KIP-511), features (KIP-584).",
    "4": "Features whose minimum is 0 are no longer left out of the response (KAFKA-17011).",
  },
  request: [
    { name: "clientSoftwareName", type: "string", versions: "3+", ignorable: true },
    { name: "clientSoftwareVersion", type: "string", versions: "3+", ignorable: true },
  ],
  response: [
    { name: "errorCode", type: "int16", versions: "0+" },
    {
      name: "apiKeys",
      versions: "0+",
      type: arrayOf(
        struct("ApiVersion", [
          { name: "apiKey", type: "int16", versions: "0+", mapKey: true },
          { name: "minVersion", type: "int16", versions: "0+" },
          { name: "maxVersion", type: "int16", versions: "0+" },
        ]),
      ),
    },
    { name: "throttleTimeMs", type: "int32", versions: "1+", ignorable: true },
    {
      name: "supportedFeatures",
      versions: "3+",
      tag: 0,
      ignorable: true,
      about: "Up to version 3 without the features whose minimum is 0.",
      type: arrayOf(
        struct("SupportedFeatureKey", [
          { name: "name", type: "string", versions: "3+", mapKey: true },
          { name: "minVersion", type: "int16", versions: "3+" },
          { name: "maxVersion", type: "int16", versions: "3+" },
        ]),
      ),
    },
    { name: "finalizedFeaturesEpoch", type: "int64", versions: "3+", tag: 1, default: -1, ignorable: true, about: "−1: not known." },
    {
      name: "finalizedFeatures",
      versions: "3+",
      tag: 2,
      ignorable: true,
      type: arrayOf(
        struct("FinalizedFeatureKey", [
          { name: "name", type: "string", versions: "3+", mapKey: true },
          { name: "maxVersionLevel", type: "int16", versions: "3+" },
          { name: "minVersionLevel", type: "int16", versions: "3+" },
        ]),
      ),
    },
    { name: "zkMigrationReady", type: "bool", versions: "3+", tag: 3, default: false, ignorable: true },
  ],
};
