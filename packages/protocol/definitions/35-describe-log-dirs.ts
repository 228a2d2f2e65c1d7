import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const describeLogDirs: ApiDescription = {
  key: 35,
  name: "DescribeLogDirs",
  listeners: ["broker"],
  versions: "1-5",
  flexible: "2+",
  history: {
    "2": "Flexible.",
    "3": "Response: top-level error.",
    "4": "Response: bytes in all and left (KIP-827).",
    "5": "Response: whether the directory takes no new replicas (KIP-1066).",
  },
  request: [
    {
      name: "topics",
      versions: "0+",
      nullable: "0+",
      about: "Null for all of them.",
      type: arrayOf(
        struct("DescribableLogDirTopic", [
          { name: "topic", type: "string", versions: "0+", mapKey: true, entity: "topicName" },
          { name: "partitions", type: arrayOf("int32"), versions: "0+" },
        ]),
      ),
    },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "0+" },
    { name: "errorCode", type: "int16", versions: "3+", ignorable: true },
    {
      name: "results",
      versions: "0+",
      type: arrayOf(
        struct("DescribeLogDirsResult", [
          { name: "errorCode", type: "int16", versions: "0+" },
          { name: "logDir", type: "string", versions: "0+", about: "An absolute path." },
          {
            name: "topics",
            versions: "0+",
            type: arrayOf(
              struct("DescribeLogDirsTopic", [
                { name: "name", type: "string", versions: "0+", entity: "topicName" },
                {
                  name: "partitions",
                  versions: "0+",
                  type: arrayOf(
                    struct("DescribeLogDirsPartition", [
                      { name: "partitionIndex", type: "int32", versions: "0+" },
                      { name: "partitionSize", type: "int64", versions: "0+", about: "Bytes of its segments." },
                      { name: "offsetLag", type: "int64", versions: "0+", about: "High watermark − log end offset, at least 0." },
                      { name: "isFutureKey", type: "bool", versions: "0+", about: "A copy on its way to another directory." },
                    ]),
                  ),
                },
              ]),
            ),
          },
          { name: "totalBytes", type: "int64", versions: "4+", default: -1, ignorable: true, about: "Of the volume; −1: not known." },
          { name: "usableBytes", type: "int64", versions: "4+", default: -1, ignorable: true, about: "Of the volume; −1: not known." },
          { name: "isCordoned", type: "bool", versions: "5+", default: false, ignorable: true, about: "Takes no new replicas." },
        ]),
      ),
    },
  ],
};
