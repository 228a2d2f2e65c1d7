import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

/** Version 0 went by the name of ListClientMetricsResources. */
export const listConfigResources: ApiDescription = {
  key: 74,
  name: "ListConfigResources",
  listeners: ["broker"],
  versions: "0-1",
  flexible: "0+",
  history: {
    "0": "Resources of client metrics, and no others.",
    "1": "Resource types (KIP-1142).",
  },
  request: [{ name: "resourceTypes", type: arrayOf("int8"), versions: "1+", about: "Empty for all types that may be listed." }],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "0+" },
    { name: "errorCode", type: "int16", versions: "0+" },
    {
      name: "configResources",
      versions: "0+",
      type: arrayOf(
        struct("ConfigResource", [
          { name: "resourceName", type: "string", versions: "0+" },
          {
            name: "resourceType",
            type: "int8",
            versions: "1+",
            default: 16,
            ignorable: true,
            about: "2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.",
          },
        ]),
      ),
    },
  ],
};
