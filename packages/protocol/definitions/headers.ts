import type { MessageDescription } from "../generate/description.ts";

/** Version 1 in front of classic request versions, 2 in front of flexible ones; 0 left Kafka in 4.0. */
export const requestHeader: MessageDescription = {
  name: "RequestHeader",
  versions: "1-2",
  flexible: "2+",
  fields: [
    { name: "requestApiKey", type: "int16", versions: "0+" },
    { name: "requestApiVersion", type: "int16", versions: "0+" },
    { name: "correlationId", type: "int32", versions: "0+", about: "Chosen by the client; the response carries it back." },
    {
      name: "clientId",
      type: "string",
      versions: "1+",
      nullable: "1+",
      flexible: "none",
      about: "Keeps the old encoding: an older broker must be able to read the header of an ApiVersions request that is newer than itself.",
    },
  ],
};

/** Version 0 in front of classic response versions and of every ApiVersions response, 1 in front of flexible ones. */
export const responseHeader: MessageDescription = {
  name: "ResponseHeader",
  versions: "0-1",
  flexible: "1+",
  fields: [{ name: "correlationId", type: "int32", versions: "0+" }],
};
