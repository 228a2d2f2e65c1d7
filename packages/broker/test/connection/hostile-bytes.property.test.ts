import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { ControllerReply, ControllerRequest } from "@samsa/controller";
import { concatBytes, fromHex } from "@samsa/stdx";
import { expect, it } from "vitest";
import { metadataRequest } from "../support/requests.ts";
import { TestBroker, topicRecords } from "../support/test-broker.ts";

const SEED = 20_261_121;
const FOLDER = join(import.meta.dirname, "../../../protocol/test/frames");

const SERVED: ReadonlySet<number> = new Set(
  TestBroker.serving()
    .client()
    .call("ApiVersions", 0, { clientSoftwareName: "", clientSoftwareVersion: "" })
    .apiKeys.map(({ apiKey }) => apiKey),
);

/** Requests of real clients, recorded against Apache Kafka: of those APIs that are served. */
const RECORDED: readonly Uint8Array[] = readdirSync(FOLDER)
  .flatMap((name) => readFileSync(join(FOLDER, name), "utf8").split("\n"))
  .filter((line) => line !== "")
  .map((line) => fromHex((JSON.parse(line) as { request: string }).request))
  .filter((frame) => SERVED.has(256 * (frame[0] ?? 0) + (frame[1] ?? 0)));

type Mutation = readonly [kind: "flip" | "set" | "cut" | "grow" | "length", at: number, value: number];
const mutation: fc.Arbitrary<Mutation> = fc.tuple(
  fc.constantFrom("flip", "set", "cut", "grow", "length"),
  fc.nat(),
  fc.constantFrom(0, 1, 2, 3, 0x7f, 0x80, 0xfe, 0xff),
);
const EXTREMES = [0, 1, -1, -2, 0x7fff_ffff, -0x8000_0000];

function mutate(frame: Uint8Array, [kind, place, value]: Mutation): Uint8Array {
  const bytes = frame.slice();
  // The first eight bytes choose API and version: most mutations are of what comes behind.
  const at = bytes.length <= 8 || place % 8 === 0 ? place % Math.max(1, bytes.length) : 8 + (place % (bytes.length - 8));
  if (kind === "flip") bytes[at] = (bytes[at] ?? 0) ^ (1 << (value & 7));
  else if (kind === "set") bytes[at] = value;
  else if (kind === "cut") return bytes.slice(0, at);
  else if (kind === "grow") return concatBytes([bytes.slice(0, at), new Uint8Array(value).fill(value), bytes.slice(at)]);
  else if (at + 4 <= bytes.length) new DataView(bytes.buffer).setInt32(at, EXTREMES[value % EXTREMES.length] ?? 0);
  return bytes;
}

const framed = (frame: Uint8Array): Uint8Array =>
  concatBytes([Uint8Array.of(frame.length >>> 24, (frame.length >>> 16) & 0xff, (frame.length >>> 8) & 0xff, frame.length & 0xff), frame]);

/** The controller refuses all: what it can't answer at once would be asked again for as long as the client has time. */
const refusal = ({ type }: ControllerRequest): ControllerReply => ({ type, error: "INVALID_REQUEST" }) as ControllerReply;

it(`whatever bytes a client sends, nothing throws, and others are answered (seed ${SEED})`, () => {
  const host = TestBroker.serving({ topics: topicRecords({ partitions: [[1], [1]] }) });
  const good = host.client();
  const request = fc.tuple(fc.nat(RECORDED.length - 1), fc.array(mutation, { maxLength: 4 }));
  const outcomes = { cutOff: 0, answered: 0 };
  fc.assert(
    fc.property(fc.array(request, { minLength: 1, maxLength: 4 }), fc.boolean(), (requests, isCutAnywhere) => {
      const client = host.client();
      const bytes = concatBytes(requests.map(([which, mutations]) => framed(mutations.reduce(mutate, RECORDED[which] ?? new Uint8Array(0)))));
      if (isCutAnywhere) for (let at = 0; at < bytes.length; at += 37) client.send(bytes.slice(at, at + 37));
      else client.send(bytes);
      for (const { request: asked, answer } of host.asked.splice(0)) answer(refusal(asked));
      host.pass(100);
      if (client.closedAs === undefined) outcomes.answered += client.received.length;
      else outcomes.cutOff++;
      client.close();
      expect(good.call("Metadata", 9, metadataRequest(9, null)).topics).toHaveLength(1);
    }),
    { seed: SEED, numRuns: 1_500 },
  );
  // Else the mutations would test nothing but the frame decoder.
  expect(outcomes.cutOff).toBeGreaterThan(300);
  expect(outcomes.answered).toBeGreaterThan(300);
});
