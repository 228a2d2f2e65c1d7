import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const deleteTopics: ApiDescription = {
  key: 20,
  name: "DeleteTopics",
  listeners: ["broker", "controller"],
  versions: "1-6",
  flexible: "4+",
  history: {
    "1": "Response: throttle time.",
    "3": "TOPIC_DELETION_DISABLED may be returned.",
    "4": "Flexible.",
    "5": "Response: error message; THROTTLING_QUOTA_EXCEEDED may be returned (KIP-599).",
    "6": "Topics by name or by id; UNKNOWN_TOPIC_ID may be returned (KIP-516).",
  },
  request: [
    {
      name: "topics",
      versions: "6+",
      type: arrayOf(
        struct("DeleteTopicState", [
          { name: "name", type: "string", versions: "6+", nullable: "6+", default: null, entity: "topicName", about: "Null when deleted by id." },
          { name: "topicId", type: "uuid", versions: "6+", about: "Zero when deleted by name." },
        ]),
      ),
    },
    { name: "topicNames", type: arrayOf("string"), versions: "0-5", ignorable: true, entity: "topicName" },
    { name: "timeoutMs", type: "int32", versions: "0+" },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "1+", ignorable: true },
    {
      name: "responses",
      versions: "0+",
      type: arrayOf(
        struct("DeletableTopicResult", [
          { name: "name", type: "string", versions: "0+", nullable: "6+", mapKey: true, entity: "topicName", about: "Null only for an unknown id." },
          { name: "topicId", type: "uuid", versions: "6+", ignorable: true },
          { name: "errorCode", type: "int16", versions: "0+" },
          { name: "errorMessage", type: "string", versions: "5+", nullable: "5+", default: null, ignorable: true },
        ]),
      ),
    },
  ],
};
