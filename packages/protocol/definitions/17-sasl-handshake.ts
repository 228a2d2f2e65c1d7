import { type ApiDescription, arrayOf } from "../generate/description.ts";

/** Never flexible: old clients negotiate it wrongly when its version is raised (KAFKA-9577). */
export const saslHandshake: ApiDescription = {
  key: 17,
  name: "SaslHandshake",
  listeners: ["broker", "controller"],
  versions: "0-1",
  flexible: "none",
  history: {
    "0": "The tokens follow as bare frames.",
    "1": "The tokens follow in SaslAuthenticate requests (KIP-152).",
  },
  request: [{ name: "mechanism", type: "string", versions: "0+" }],
  response: [
    { name: "errorCode", type: "int16", versions: "0+" },
    { name: "mechanisms", type: arrayOf("string"), versions: "0+", about: "That the listener accepts." },
  ],
};
