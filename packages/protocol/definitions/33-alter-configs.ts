import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";
import { alterConfigsResourceResponse } from "./shared-structs.ts";

/** Replaces all that was set for a resource; IncrementalAlterConfigs came in its place (KIP-339). */
export const alterConfigs: ApiDescription = {
  key: 33,
  name: "AlterConfigs",
  listeners: ["broker", "controller"],
  versions: "0-2",
  flexible: "2+",
  history: { "2": "Flexible." },
  request: [
    {
      name: "resources",
      versions: "0+",
      type: arrayOf(
        struct("AlterConfigsResource", [
          { name: "resourceType", type: "int8", versions: "0+", mapKey: true },
          { name: "resourceName", type: "string", versions: "0+", mapKey: true },
          {
            name: "configs",
            versions: "0+",
            type: arrayOf(
              struct("AlterableConfig", [
                { name: "name", type: "string", versions: "0+", mapKey: true },
                { name: "value", type: "string", versions: "0+", nullable: "0+" },
              ]),
            ),
          },
        ]),
      ),
    },
    { name: "validateOnly", type: "bool", versions: "0+" },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "0+" },
    { name: "responses", type: arrayOf(alterConfigsResourceResponse), versions: "0+" },
  ],
};
