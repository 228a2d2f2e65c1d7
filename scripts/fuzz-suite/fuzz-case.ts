import { concatBytes, type Prng } from "@samsa/stdx";
import { headerDescriptions, apiDescriptions } from "../../packages/protocol/definitions/index.ts";
import { messageOfDescription, messagesOf } from "../../packages/protocol/generate/api-file.ts";
import type { Message } from "../../packages/protocol/generate/message.ts";
import { apiOf, requestHeaderVersion } from "@samsa/protocol";
import { type Draft, framed, mutate, MUTATION_NAMES, type MutatedFrame } from "./frame-mutations.ts";
import { writeMessage } from "./message-writer.ts";
import type { RequestValues } from "./request-values.ts";

/** One version of an API that the server says it has. */
export interface FuzzedApi {
  readonly key: number;
  readonly name: string;
  readonly version: number;
}

/** What one connection sends. */
export interface FuzzCase {
  readonly api: FuzzedApi;
  /** Of the cases of its seed. */
  readonly index: number;
  readonly mutation: MutatedFrame["name"];
  readonly stream: Uint8Array;
  /** Where the stream is cut into writes; ascending. */
  readonly cuts: readonly number[];
}

const REQUESTS: ReadonlyMap<number, Message> = new Map(apiDescriptions.map((description) => [description.key, messagesOf(description)[0]]));
const [requestHeader] = headerDescriptions;
if (requestHeader === undefined) throw new Error("requests have a header");
const HEADER = messageOfDescription(requestHeader);
const API_VERSIONS_KEY = 18;
const HANDSHAKE: FuzzedApi = { key: 17, name: "SaslHandshake", version: 1 };

/** Of a thousand cases so many are sent as they were drawn. */
const SOUND_PER_MILLE = 400;

export class FuzzCases {
  private readonly prng: Prng;
  private readonly values: RequestValues;
  /** Moves by one with every case, so that places are come to one after the other. */
  private readonly firstTurn: number;

  constructor(options: { readonly prng: Prng; readonly values: RequestValues; readonly firstTurn: number }) {
    this.prng = options.prng;
    this.values = options.values;
    this.firstTurn = options.firstTurn;
  }

  draw(api: FuzzedApi, index: number): FuzzCase {
    const { prng } = this;
    const isSound = prng.below(1_000) < SOUND_PER_MILLE;
    const draft = this.request(api, 100);
    const main: MutatedFrame = isSound ? { bytes: framed(draft.bytes), name: "none" } : mutate(draft, prng.pick(MUTATION_NAMES), prng, this.firstTurn + index);
    // Before it and behind it sometimes another request, on the same connection.
    const before = prng.below(5) === 0 ? framed(this.request(api, 99).bytes) : this.opening(api);
    const behind = prng.below(4) === 0 ? framed(this.request({ key: API_VERSIONS_KEY, name: "ApiVersions", version: 0 }, 101).bytes) : NOTHING;
    const stream = concatBytes([before, main.bytes, behind]);
    return { api, index, mutation: main.name, stream, cuts: this.cuts(stream.length) };
  }

  /** A proof is asked for before it begins. */
  private opening({ name }: FuzzedApi): Uint8Array {
    return name === "SaslAuthenticate" && this.prng.below(4) > 0 ? framed(this.request(HANDSHAKE, 98).bytes) : NOTHING;
  }

  private request({ key, version }: FuzzedApi, correlationId: number): Draft {
    const message = REQUESTS.get(key);
    const api = apiOf(key);
    if (message === undefined || api === undefined) throw new RangeError(`API ${key} is advertised and not described`);
    const clientId = this.prng.pick([null, "", "fuzz", "fuzz", "x".repeat(300)]);
    const header = writeMessage(HEADER, requestHeaderVersion(api, version), { requestApiKey: key, requestApiVersion: version, correlationId, clientId });
    const body = writeMessage(message, version, this.values.draw(message, version));
    const shift = header.bytes.length;
    return {
      bytes: concatBytes([header.bytes, body.bytes]),
      marks: [...header.marks.filter(({ type }) => type !== "number"), ...body.marks.map((mark) => ({ ...mark, at: mark.at + shift }))],
    };
  }

  private cuts(length: number): readonly number[] {
    const { prng } = this;
    if (length < 2 || prng.below(3) > 0) return [];
    return Array.from({ length: prng.pick([1, 2, 5]) }, () => 1 + prng.below(length - 1)).toSorted((a, b) => a - b);
  }
}

const NOTHING = new Uint8Array(0);

/** The stream in its writes. */
export function writesOf({ stream, cuts }: FuzzCase): readonly Uint8Array[] {
  const ends = [...cuts, stream.length];
  return ends.map((end, index) => stream.slice(index === 0 ? 0 : ends[index - 1], end)).filter(({ length }) => length > 0);
}
