import type { ApiDescription } from "../generate/description.ts";

export const saslAuthenticate: ApiDescription = {
  key: 36,
  name: "SaslAuthenticate",
  listeners: ["broker", "controller"],
  versions: "0-2",
  flexible: "2+",
  history: {
    "1": "Response: lifetime of the session (KIP-368).",
    "2": "Flexible.",
  },
  request: [{ name: "authBytes", type: "bytes", versions: "0+", about: "A token of the mechanism." }],
  response: [
    { name: "errorCode", type: "int16", versions: "0+" },
    { name: "errorMessage", type: "string", versions: "0+", nullable: "0+" },
    { name: "authBytes", type: "bytes", versions: "0+" },
    { name: "sessionLifetimeMs", type: "int64", versions: "1+", default: 0, ignorable: true, about: "Until the client must authenticate again; 0: for ever." },
  ],
};
