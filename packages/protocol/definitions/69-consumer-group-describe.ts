import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";
import { OPERATIONS_NOT_ASKED } from "./shared-structs.ts";

const assignment = struct("ConsumerGroupDescribeResponseAssignment", [
  {
    name: "topicPartitions",
    versions: "0+",
    type: arrayOf(
      struct("ConsumerGroupDescribeResponseTopicPartitions", [
        { name: "topicId", type: "uuid", versions: "0+" },
        { name: "topicName", type: "string", versions: "0+", entity: "topicName" },
        { name: "partitions", versions: "0+", type: arrayOf("int32") },
      ]),
    ),
  },
]);

export const consumerGroupDescribe: ApiDescription = {
  key: 69,
  name: "ConsumerGroupDescribe",
  listeners: ["broker"],
  versions: "0-1",
  flexible: "0+",
  history: {
    "0": "Epochs, members and assignments of consumer groups (KIP-848).",
    "1": "Tells whether a member uses the classic or the consumer protocol (KIP-1099).",
  },
  request: [
    { name: "groupIds", versions: "0+", entity: "groupId", type: arrayOf("string") },
    { name: "includeAuthorizedOperations", type: "bool", versions: "0+" },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "0+" },
    {
      name: "groups",
      versions: "0+",
      type: arrayOf(
        struct("ConsumerGroupDescribeResponseDescribedGroup", [
          { name: "errorCode", type: "int16", versions: "0+" },
          { name: "errorMessage", type: "string", versions: "0+", nullable: "0+", default: null },
          { name: "groupId", type: "string", versions: "0+", entity: "groupId" },
          { name: "groupState", type: "string", versions: "0+" },
          { name: "groupEpoch", type: "int32", versions: "0+" },
          { name: "assignmentEpoch", type: "int32", versions: "0+" },
          { name: "assignorName", type: "string", versions: "0+" },
          {
            name: "members",
            versions: "0+",
            type: arrayOf(
              struct("ConsumerGroupDescribeResponseMember", [
                { name: "memberId", type: "string", versions: "0+" },
                { name: "instanceId", type: "string", versions: "0+", nullable: "0+", default: null },
                { name: "rackId", type: "string", versions: "0+", nullable: "0+", default: null },
                { name: "memberEpoch", type: "int32", versions: "0+" },
                { name: "clientId", type: "string", versions: "0+" },
                { name: "clientHost", type: "string", versions: "0+" },
                { name: "subscribedTopicNames", versions: "0+", entity: "topicName", type: arrayOf("string") },
                { name: "subscribedTopicRegex", type: "string", versions: "0+", nullable: "0+", default: null },
                {
                  name: "assignment",
                  versions: "0+",
                  type: assignment,
                },
                {
                  name: "targetAssignment",
                  versions: "0+",
                  type: assignment,
                },
                { name: "memberType", type: "int8", versions: "1+", default: -1, ignorable: true },
              ]),
            ),
          },
          { name: "authorizedOperations", type: "int32", versions: "0+", default: OPERATIONS_NOT_ASKED },
        ]),
      ),
    },
  ],
};
