import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";
import { OPERATIONS_NOT_ASKED } from "./shared-structs.ts";

export const describeGroups: ApiDescription = {
  key: 15,
  name: "DescribeGroups",
  listeners: ["broker"],
  versions: "0-6",
  flexible: "5+",
  history: {
    "0": "State, protocol and members of groups.",
    "1": "The response has a throttle time.",
    "3": "With the operations that the asker may do (KIP-430).",
    "4": "With the instances of static members (KIP-345).",
    "5": "Flexible.",
    "6": "GROUP_ID_NOT_FOUND with a message for a group that is not there (KIP-1043).",
  },
  request: [
    { name: "groups", versions: "0+", entity: "groupId", type: arrayOf("string") },
    { name: "includeAuthorizedOperations", type: "bool", versions: "3+" },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "1+", ignorable: true },
    {
      name: "groups",
      versions: "0+",
      type: arrayOf(
        struct("DescribeGroupsResponseDescribedGroup", [
          { name: "errorCode", type: "int16", versions: "0+" },
          { name: "errorMessage", type: "string", versions: "6+", nullable: "6+", default: null },
          { name: "groupId", type: "string", versions: "0+", entity: "groupId" },
          { name: "groupState", type: "string", versions: "0+" },
          { name: "protocolType", type: "string", versions: "0+" },
          { name: "protocolData", type: "string", versions: "0+" },
          {
            name: "members",
            versions: "0+",
            type: arrayOf(
              struct("DescribeGroupsResponseDescribedGroupMember", [
                { name: "memberId", type: "string", versions: "0+" },
                { name: "groupInstanceId", type: "string", versions: "4+", nullable: "4+", default: null, ignorable: true },
                { name: "clientId", type: "string", versions: "0+" },
                { name: "clientHost", type: "string", versions: "0+" },
                { name: "memberMetadata", type: "bytes", versions: "0+" },
                { name: "memberAssignment", type: "bytes", versions: "0+" },
              ]),
            ),
          },
          { name: "authorizedOperations", type: "int32", versions: "3+", default: OPERATIONS_NOT_ASKED },
        ]),
      ),
    },
  ],
};
