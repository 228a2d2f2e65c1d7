import type { ApiDescription } from "../generate/description.ts";

export const heartbeat: ApiDescription = {
  key: 12,
  name: "Heartbeat",
  listeners: ["broker"],
  versions: "0-4",
  flexible: "4+",
  history: {
    "0": "A member is alive.",
    "1": "The response has a throttle time.",
    "3": "Static members (KIP-345).",
    "4": "Flexible.",
  },
  request: [
    { name: "groupId", type: "string", versions: "0+", entity: "groupId" },
    { name: "generationId", type: "int32", versions: "0+" },
    { name: "memberId", type: "string", versions: "0+" },
    { name: "groupInstanceId", type: "string", versions: "3+", nullable: "3+", default: null },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "1+", ignorable: true },
    { name: "errorCode", type: "int16", versions: "0+" },
  ],
};
