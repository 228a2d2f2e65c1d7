import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const joinGroup: ApiDescription = {
  key: 11,
  name: "JoinGroup",
  listeners: ["broker"],
  versions: "0-9",
  flexible: "6+",
  history: {
    "0": "The session time-out is that of the rebalance, too.",
    "1": "With a rebalance time-out of its own.",
    "2": "The response has a throttle time.",
    "4": "A member without an id is given one, and has to come again with it (KIP-394).",
    "5": "Static members (KIP-345).",
    "6": "Flexible.",
    "7": "The response tells the protocol type; its protocol name may be null (KIP-559).",
    "8": "With a reason (KIP-800).",
    "9": "A leader that comes back may be told to assign nothing (`skipAssignment`, KIP-814).",
  },
  request: [
    { name: "groupId", type: "string", versions: "0+", entity: "groupId" },
    { name: "sessionTimeoutMs", type: "int32", versions: "0+" },
    { name: "rebalanceTimeoutMs", type: "int32", versions: "1+", default: -1, ignorable: true },
    { name: "memberId", type: "string", versions: "0+" },
    { name: "groupInstanceId", type: "string", versions: "5+", nullable: "5+", default: null },
    { name: "protocolType", type: "string", versions: "0+" },
    {
      name: "protocols",
      versions: "0+",
      type: arrayOf(
        struct("JoinGroupRequestProtocol", [
          { name: "name", type: "string", versions: "0+", mapKey: true },
          { name: "metadata", type: "bytes", versions: "0+" },
        ]),
      ),
    },
    { name: "reason", type: "string", versions: "8+", nullable: "8+", default: null, ignorable: true },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "2+", ignorable: true },
    { name: "errorCode", type: "int16", versions: "0+" },
    { name: "generationId", type: "int32", versions: "0+", default: -1 },
    { name: "protocolType", type: "string", versions: "7+", nullable: "7+", default: null, ignorable: true },
    { name: "protocolName", type: "string", versions: "0+", nullable: "7+" },
    { name: "leader", type: "string", versions: "0+" },
    { name: "skipAssignment", type: "bool", versions: "9+" },
    { name: "memberId", type: "string", versions: "0+" },
    {
      name: "members",
      versions: "0+",
      type: arrayOf(
        struct("JoinGroupResponseMember", [
          { name: "memberId", type: "string", versions: "0+" },
          { name: "groupInstanceId", type: "string", versions: "5+", nullable: "5+", default: null, ignorable: true },
          { name: "metadata", type: "bytes", versions: "0+" },
        ]),
      ),
    },
  ],
};
