import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";
import { alterConfigsResourceResponse } from "./shared-structs.ts";

export const incrementalAlterConfigs: ApiDescription = {
  key: 44,
  name: "IncrementalAlterConfigs",
  listeners: ["broker", "controller"],
  versions: "0-1",
  flexible: "1+",
  history: { "1": "Flexible." },
  request: [
    {
      name: "resources",
      versions: "0+",
      type: arrayOf(
        struct("IncrementalAlterConfigsResource", [
          { name: "resourceType", type: "int8", versions: "0+", mapKey: true },
          { name: "resourceName", type: "string", versions: "0+", mapKey: true },
          {
            name: "configs",
            versions: "0+",
            type: arrayOf(
              struct("IncrementallyAlterableConfig", [
                { name: "name", type: "string", versions: "0+", mapKey: true },
                { name: "configOperation", type: "int8", versions: "0+", mapKey: true, about: "0 set, 1 delete, 2 append, 3 subtract." },
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
