import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const deleteGroups: ApiDescription = {
  key: 42,
  name: "DeleteGroups",
  listeners: ["broker"],
  versions: "0-2",
  flexible: "2+",
  history: {
    "0": "Groups without members go, with their offsets.",
    "2": "Flexible.",
  },
  request: [{ name: "groupsNames", versions: "0+", entity: "groupId", type: arrayOf("string") }],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "0+" },
    {
      name: "results",
      versions: "0+",
      type: arrayOf(
        struct("DeleteGroupsResponseDeletableGroupResult", [
          { name: "groupId", type: "string", versions: "0+", mapKey: true, entity: "groupId" },
          { name: "errorCode", type: "int16", versions: "0+" },
        ]),
      ),
    },
  ],
};
