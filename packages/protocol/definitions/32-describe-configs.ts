import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const describeConfigs: ApiDescription = {
  key: 32,
  name: "DescribeConfigs",
  listeners: ["broker", "controller"],
  versions: "1-4",
  flexible: "4+",
  history: {
    "1": "Synonyms; the source of a value in place of a flag for defaults (KIP-226).",
    "3": "Type and documentation (KIP-569).",
    "4": "Flexible.",
  },
  request: [
    {
      name: "resources",
      versions: "0+",
      type: arrayOf(
        struct("DescribeConfigsResource", [
          { name: "resourceType", type: "int8", versions: "0+", about: "2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group." },
          { name: "resourceName", type: "string", versions: "0+" },
          { name: "configurationKeys", type: arrayOf("string"), versions: "0+", nullable: "0+", about: "Null for all of them." },
        ]),
      ),
    },
    { name: "includeSynonyms", type: "bool", versions: "1+", default: false },
    { name: "includeDocumentation", type: "bool", versions: "3+", default: false },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "0+" },
    {
      name: "results",
      versions: "0+",
      type: arrayOf(
        struct("DescribeConfigsResult", [
          { name: "errorCode", type: "int16", versions: "0+" },
          { name: "errorMessage", type: "string", versions: "0+", nullable: "0+" },
          { name: "resourceType", type: "int8", versions: "0+" },
          { name: "resourceName", type: "string", versions: "0+" },
          {
            name: "configs",
            versions: "0+",
            type: arrayOf(
              struct("DescribeConfigsResourceResult", [
                { name: "name", type: "string", versions: "0+" },
                { name: "value", type: "string", versions: "0+", nullable: "0+", about: "Null for a sensitive value." },
                { name: "readOnly", type: "bool", versions: "0+" },
                {
                  name: "configSource",
                  type: "int8",
                  versions: "1+",
                  default: -1,
                  ignorable: true,
                  about: "1 topic, 2 broker (dynamic), 3 all brokers (dynamic), 4 broker (static), 5 default, 6 broker logger, 7 client metrics, 8 group.",
                },
                { name: "isSensitive", type: "bool", versions: "0+" },
                {
                  name: "synonyms",
                  versions: "1+",
                  ignorable: true,
                  about: "Every value that the key could have, in order of precedence.",
                  type: arrayOf(
                    struct("DescribeConfigsSynonym", [
                      { name: "name", type: "string", versions: "1+" },
                      { name: "value", type: "string", versions: "1+", nullable: "0+" },
                      { name: "source", type: "int8", versions: "1+" },
                    ]),
                  ),
                },
                {
                  name: "configType",
                  type: "int8",
                  versions: "3+",
                  default: 0,
                  ignorable: true,
                  about: "1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password.",
                },
                { name: "documentation", type: "string", versions: "3+", nullable: "0+", ignorable: true },
              ]),
            ),
          },
        ]),
      ),
    },
  ],
};
