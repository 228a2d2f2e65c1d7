import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const leaveGroup: ApiDescription = {
  key: 13,
  name: "LeaveGroup",
  listeners: ["broker"],
  versions: "0-5",
  flexible: "4+",
  history: {
    "0": "One member goes.",
    "1": "The response has a throttle time.",
    "3": "Several members at once, also static ones by their instance (KIP-345).",
    "4": "Flexible.",
    "5": "With a reason (KIP-800).",
  },
  request: [
    { name: "groupId", type: "string", versions: "0+", entity: "groupId" },
    { name: "memberId", type: "string", versions: "0-2" },
    {
      name: "members",
      versions: "3+",
      type: arrayOf(
        struct("LeaveGroupRequestMemberIdentity", [
          { name: "memberId", type: "string", versions: "3+" },
          { name: "groupInstanceId", type: "string", versions: "3+", nullable: "3+", default: null },
          { name: "reason", type: "string", versions: "5+", nullable: "5+", default: null, ignorable: true },
        ]),
      ),
    },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "1+", ignorable: true },
    { name: "errorCode", type: "int16", versions: "0+" },
    {
      name: "members",
      versions: "3+",
      type: arrayOf(
        struct("LeaveGroupResponseMemberResponse", [
          { name: "memberId", type: "string", versions: "3+" },
          { name: "groupInstanceId", type: "string", versions: "3+", nullable: "3+" },
          { name: "errorCode", type: "int16", versions: "3+" },
        ]),
      ),
    },
  ],
};
