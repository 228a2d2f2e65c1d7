import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const syncGroup: ApiDescription = {
  key: 14,
  name: "SyncGroup",
  listeners: ["broker"],
  versions: "0-5",
  flexible: "4+",
  history: {
    "0": "The leader's assignment goes to each member.",
    "1": "The response has a throttle time.",
    "3": "Static members (KIP-345).",
    "4": "Flexible.",
    "5": "With protocol type and name, which must be the group's (KIP-559).",
  },
  request: [
    { name: "groupId", type: "string", versions: "0+", entity: "groupId" },
    { name: "generationId", type: "int32", versions: "0+" },
    { name: "memberId", type: "string", versions: "0+" },
    { name: "groupInstanceId", type: "string", versions: "3+", nullable: "3+", default: null },
    { name: "protocolType", type: "string", versions: "5+", nullable: "5+", default: null, ignorable: true },
    { name: "protocolName", type: "string", versions: "5+", nullable: "5+", default: null, ignorable: true },
    {
      name: "assignments",
      versions: "0+",
      type: arrayOf(
        struct("SyncGroupRequestAssignment", [
          { name: "memberId", type: "string", versions: "0+" },
          { name: "assignment", type: "bytes", versions: "0+" },
        ]),
      ),
    },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "1+", ignorable: true },
    { name: "errorCode", type: "int16", versions: "0+" },
    { name: "protocolType", type: "string", versions: "5+", nullable: "5+", default: null, ignorable: true },
    { name: "protocolName", type: "string", versions: "5+", nullable: "5+", default: null, ignorable: true },
    { name: "assignment", type: "bytes", versions: "0+" },
  ],
};
