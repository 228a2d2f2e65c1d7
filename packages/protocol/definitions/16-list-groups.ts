import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const listGroups: ApiDescription = {
  key: 16,
  name: "ListGroups",
  listeners: ["broker"],
  versions: "0-5",
  flexible: "3+",
  history: {
    "0": "The groups that this broker coordinates.",
    "1": "The response has a throttle time.",
    "3": "Flexible.",
    "4": "With states, and those asked for only (KIP-518).",
    "5": "With types, and those asked for only (KIP-848).",
  },
  request: [
    { name: "statesFilter", versions: "4+", type: arrayOf("string") },
    { name: "typesFilter", versions: "5+", type: arrayOf("string") },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "1+", ignorable: true },
    { name: "errorCode", type: "int16", versions: "0+" },
    {
      name: "groups",
      versions: "0+",
      type: arrayOf(
        struct("ListGroupsResponseListedGroup", [
          { name: "groupId", type: "string", versions: "0+", entity: "groupId" },
          { name: "protocolType", type: "string", versions: "0+" },
          { name: "groupState", type: "string", versions: "4+", ignorable: true },
          { name: "groupType", type: "string", versions: "5+", ignorable: true },
        ]),
      ),
    },
  ],
};
