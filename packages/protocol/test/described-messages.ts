import { apiDescriptions } from "../definitions/index.ts";
import { messagesOf } from "../generate/api-file.ts";
import type { Message } from "../generate/message.ts";
import { parseVersions } from "../generate/versions.ts";
import { apiOf, type Reader, type Writer } from "../src/index.ts";

/** One direction of one API at one version, with its codec. */
export interface DescribedMessage {
  readonly title: string;
  readonly message: Message;
  readonly version: number;
  decode(reader: Reader): object;
  encode(writer: Writer, value: object): void;
}

/** All of them. */
export function describedMessages(): DescribedMessage[] {
  return apiDescriptions.flatMap((description) => {
    const [request, response] = messagesOf(description);
    const { low, high } = parseVersions(description.versions);
    const versions = Array.from({ length: high - low + 1 }, (_, index) => low + index);
    return versions.flatMap((version) => [describe(description.key, request, version, "Request"), describe(description.key, response, version, "Response")]);
  });
}

function describe(key: number, message: Message, version: number, side: "Request" | "Response"): DescribedMessage {
  const api = apiOf(key);
  if (api === undefined) throw new Error(`no API ${key}`);
  return {
    title: `${message.root.struct} ${version}`,
    message,
    version,
    decode: (reader) => api[`decode${side}`](reader, version),
    encode: (writer, value) => api[`encode${side}`](writer, value as never, version),
  };
}
