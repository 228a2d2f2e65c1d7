import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const deleteRecords: ApiDescription = {
  key: 21,
  name: "DeleteRecords",
  listeners: ["broker"],
  versions: "0-2",
  flexible: "2+",
  history: { "2": "Flexible." },
  request: [
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("DeleteRecordsTopic", [
          { name: "name", type: "string", versions: "0+", entity: "topicName" },
          {
            name: "partitions",
            versions: "0+",
            type: arrayOf(
              struct("DeleteRecordsPartition", [
                { name: "partitionIndex", type: "int32", versions: "0+" },
                { name: "offset", type: "int64", versions: "0+", isUnbounded: true, about: "The first one to keep; −1: the high watermark." },
              ]),
            ),
          },
        ]),
      ),
    },
    { name: "timeoutMs", type: "int32", versions: "0+", about: "How long to wait until every live replica has followed." },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "0+" },
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("DeleteRecordsTopicResult", [
          { name: "name", type: "string", versions: "0+", mapKey: true, entity: "topicName" },
          {
            name: "partitions",
            versions: "0+",
            type: arrayOf(
              struct("DeleteRecordsPartitionResult", [
                { name: "partitionIndex", type: "int32", versions: "0+", mapKey: true },
                { name: "lowWatermark", type: "int64", versions: "0+", about: "The lowest log start offset among the live replicas; −1 with an error." },
                { name: "errorCode", type: "int16", versions: "0+" },
              ]),
            ),
          },
        ]),
      ),
    },
  ],
};
