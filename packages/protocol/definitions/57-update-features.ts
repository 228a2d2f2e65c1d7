import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const updateFeatures: ApiDescription = {
  key: 57,
  name: "UpdateFeatures",
  listeners: ["broker", "controller"],
  versions: "0-2",
  flexible: "0+",
  history: {
    "1": "Validate only; an upgrade type in place of the permission to downgrade (KIP-584).",
    "2": "Response: one error for all, none for each feature.",
  },
  request: [
    { name: "timeoutMs", type: "int32", versions: "0+", default: 60_000 },
    {
      name: "featureUpdates",
      versions: "0+",
      type: arrayOf(
        struct("FeatureUpdateKey", [
          { name: "feature", type: "string", versions: "0+", mapKey: true },
          { name: "maxVersionLevel", type: "int16", versions: "0+", about: "Below 1: the feature is taken away." },
          { name: "allowDowngrade", type: "bool", versions: "0" },
          { name: "upgradeType", type: "int8", versions: "1+", default: 1, about: "1 upgrade, 2 downgrade that loses nothing, 3 downgrade that may lose." },
        ]),
      ),
    },
    { name: "validateOnly", type: "bool", versions: "1+", default: false },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "0+" },
    { name: "errorCode", type: "int16", versions: "0+" },
    { name: "errorMessage", type: "string", versions: "0+", nullable: "0+" },
    {
      name: "results",
      versions: "0-1",
      ignorable: true,
      type: arrayOf(
        struct("UpdatableFeatureResult", [
          { name: "feature", type: "string", versions: "0+", mapKey: true },
          { name: "errorCode", type: "int16", versions: "0+" },
          { name: "errorMessage", type: "string", versions: "0+", nullable: "0+" },
        ]),
      ),
    },
  ],
};
