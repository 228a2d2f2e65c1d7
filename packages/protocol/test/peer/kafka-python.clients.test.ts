import { concatBytes, toHex } from "@samsa/stdx";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { apiDescriptions } from "../../definitions/index.ts";
import { messagesOf } from "../../generate/api-file.ts";
import type { StructType } from "../../generate/description.ts";
import { structOf } from "../../generate/names.ts";
import type { Message } from "../../generate/message.ts";
import { parseVersions } from "../../generate/versions.ts";
import { apiOf, encodeRequestFrame, encodeResponseFrame } from "../../src/index.ts";
import { messageArbitrary } from "../message-arbitrary.ts";
import { askKafkaPython, isKafkaPythonInstalled, KAFKA_PYTHON_TITLE, type PeerDecoded, type PeerRefused } from "./kafka-python.ts";
import { plainMessage } from "./plain-message.ts";

const SEED = 20_261_122;
/** It has no classes for the newer protocol of groups (KIP-848): recorded frames of Java, librdkafka and JavaScript are what these are tested with. */
const UNKNOWN_TO_IT: readonly string[] = ["ConsumerGroupHeartbeat", "ConsumerGroupDescribe"];
const MESSAGES = 40;
const FRAME_SIZE_BYTES = 4;
const UNKNOWN_TAGS = '"unknownTaggedFields"';

interface Sample {
  readonly title: string;
  readonly name: string;
  readonly version: number;
  readonly correlationId: number;
  readonly expected: unknown;
  readonly hasUnknownTags: boolean;
  readonly frame: string;
}

/** Requests and responses of every API and version, with random values. */
function samples(): Sample[] {
  return apiDescriptions
    .filter(({ name }) => !UNKNOWN_TO_IT.includes(name))
    .flatMap((description) => {
      const { low, high } = parseVersions(description.versions);
      const versions = Array.from({ length: high - low + 1 }, (_, index) => low + index);
      return versions.flatMap((version) => messagesOf(description).flatMap((message) => samplesOf(description.key, message, version)));
    });
}

function samplesOf(key: number, message: Message, version: number): Sample[] {
  const name = message.root.struct;
  // It refuses tags that it does not know within a tagged field.
  const understood = messageArbitrary(message, version).filter((value) => !hasUnknownTagsWithinTags(message.root, value));
  return fc.sample(understood, { seed: SEED, numRuns: MESSAGES }).map((value, correlationId) => {
    const whole = concatBytes(encode(key, name.endsWith("Request"), { version, correlationId }, value));
    const expected = plainMessage(message, value, version);
    const hasUnknownTags = JSON.stringify(value).includes(UNKNOWN_TAGS);
    const frame = toHex(whole.subarray(FRAME_SIZE_BYTES));
    return { title: `${name} ${version}`, name, version, correlationId, expected, hasUnknownTags, frame };
  });
}

function hasUnknownTagsWithinTags(struct: StructType, value: object): boolean {
  const values = new Map<string, unknown>(Object.entries(value));
  return struct.fields.some((field) => {
    const inner = values.get(field.name);
    if (field.tag !== undefined) return JSON.stringify(inner).includes(UNKNOWN_TAGS);
    const structType = structOf(field.type);
    if (structType === undefined || inner === null) return false;
    return (Array.isArray(inner) ? inner : [inner]).some((element: object) => hasUnknownTagsWithinTags(structType, element));
  });
}

function encode(key: number, isRequest: boolean, at: { readonly version: number; readonly correlationId: number }, value: object): readonly Uint8Array[] {
  const api = apiOf(key);
  if (api === undefined) throw new Error(`no API ${key}`);
  const header = { apiVersion: at.version, correlationId: at.correlationId, clientId: "samsa" };
  return (
    isRequest ? encodeRequestFrame(api as never, header, value as never) : encodeResponseFrame(api as never, header, value as never)
  ) as readonly Uint8Array[];
}

describe.skipIf(!isKafkaPythonInstalled)(KAFKA_PYTHON_TITLE, () => {
  const all = samples();
  let answers: (PeerDecoded | PeerRefused)[] = [];

  beforeAll(() => {
    answers = askKafkaPython(all);
  }, 120_000);

  const answersOf = (title: string) => all.flatMap((sample, index) => (sample.title === title ? [{ sample, answer: answers[index] }] : []));

  test.each([...new Set(all.map(({ title }) => title))])(
    `reads what is encoded here, and encodes it to the same bytes (fast-check seed ${SEED}): %s`,
    (title) => {
      for (const { sample, answer } of answersOf(title)) {
        if (answer === undefined || "error" in answer) throw new Error(`${title}: ${answer?.error ?? "no answer"}, of ${sample.frame}`);
        expect(answer.header).toMatchObject({ correlationId: sample.correlationId, ...(sample.name.endsWith("Request") ? { clientId: "samsa" } : {}) });
        expect([sample.frame, answer.body]).toEqual([sample.frame, sample.expected]);
        expect([sample.frame, answer.left]).toEqual([sample.frame, 0]);
        // It drops tags that it does not know.
        if (!sample.hasUnknownTags) expect(sample.frame.endsWith(answer.again)).toBe(true);
      }
    },
  );

  test("was asked about every API and version", () => {
    expect(answers.length).toBe(all.length);
    expect(new Set(all.map(({ title }) => title)).size).toBeGreaterThan(150);
  });
});
