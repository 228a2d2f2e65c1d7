import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { apiDescriptions, consumerProtocolDescriptions, groupRecordDescriptions, headerDescriptions } from "../../definitions/index.ts";
import { type ApiDescription, arrayOf, type Field, struct } from "../../generate/description.ts";
import { factsOfApi } from "../../generate/facts.ts";
import { differencesOf } from "../../generate/facts-difference.ts";
import { apiOfSchemas } from "../../generate/kafka-schema.ts";
import { protocolDocument } from "../../generate/protocol-document.ts";
import { schemaDigests } from "../../generate/schema-digests.ts";

const textOf = (path: string): string => readFileSync(join(import.meta.dirname, "../..", path), "utf8");

test("every description has the digest that Kafka's schema had when they were compared", () => {
  const digests = schemaDigests(apiDescriptions, [...headerDescriptions, ...groupRecordDescriptions, ...consumerProtocolDescriptions]);
  const committed = JSON.parse(textOf("schema-digests.json")) as Record<string, string>;
  expect(Object.keys(digests).filter((name) => digests[name] !== committed[name])).toEqual([]);
  expect(Object.keys(committed)).toEqual(Object.keys(digests));
});

test("docs/protocol.md says what the descriptions say; `npm run protocol-document` writes it", () => {
  expect(textOf("../../docs/protocol.md")).toBe(protocolDocument(apiDescriptions));
});

const REQUEST = `{
  "apiKey": 7, "type": "request", "listeners": ["controller", "broker"], "name": "ThingRequest", // "of things"
  "validVersions": "1-3", "flexibleVersions": "2+", "latestVersionUnstable": true,
  // Version 3 is for later.
  "fields": [
    { "name": "Names", "type": "[]string", "versions": "0+", "nullableVersions": "2+", "default": "null", "about": "See // below, \\"so\\"." },
    { "name": "Gone", "type": "int8", "versions": "0" },
    { "name": "Later", "type": "bool", "versions": "3+", "ignorable": true }
  ]
}`;
const RESPONSE = `{
  "apiKey": 7, "type": "response", "name": "ThingResponse", "validVersions": "1-3", "flexibleVersions": "2+",
  "fields": [
    { "name": "Things", "type": "[]Thing", "versions": "1+" },
    { "name": "Best", "type": "Thing", "versions": "2+", "taggedVersions": "2+", "tag": 0, "ignorable": true }
  ],
  "commonStructs": [{ "name": "Thing", "versions": "0+", "fields": [
    { "name": "Id", "type": "int64", "versions": "0+", "default": "-1", "mapKey": true, "entityType": "producerId" },
    { "name": "Bound", "type": "int64", "versions": "1+", "default": "9223372036854775807" }
  ]}]
}`;
const thingFields: readonly Field[] = [
  { name: "id", type: "int64", versions: "1-2", default: -1, mapKey: true, entity: "producerId" },
  { name: "bound", type: "int64", versions: "0+", default: Number.MAX_SAFE_INTEGER, isUnbounded: true },
];
const thing: ApiDescription = {
  key: 7,
  name: "Thing",
  listeners: ["broker", "controller"],
  versions: "1-2",
  flexible: "2+",
  history: {},
  request: [{ name: "names", type: arrayOf("string"), versions: "0-2", nullable: "2", default: null }],
  response: [
    { name: "things", type: arrayOf(struct("ThingItem", thingFields)), versions: "0+" },
    { name: "best", type: struct("BestThing", thingFields), versions: "2+", tag: 0, ignorable: true },
  ],
};

const differences = (ours: ApiDescription, request = REQUEST, response = RESPONSE): string[] => {
  const [kafkaRequest, kafkaResponse] = factsOfApi(apiOfSchemas(request, response));
  const [ownRequest, ownResponse] = factsOfApi(ours);
  return [...differencesOf(ownRequest, kafkaRequest), ...differencesOf(ownResponse, kafkaResponse)];
};

test("a description has no difference to a schema that says the same in other words, names of structs and versions that are none apart", () => {
  expect(differences(thing)).toEqual([]);
});

const withFirst = (change: Partial<Field>): ApiDescription => ({ ...thing, request: thing.request.map((field) => ({ ...field, ...change })) });

test.each<[string, ApiDescription, string]>([
  ["a name", withFirst({ name: "others" }), "ThingRequest: others is not in Kafka"],
  ["a type", withFirst({ type: arrayOf("bytes") }), 'ThingRequest.names: type is "array of bytes" here, "array of string" in Kafka'],
  ["versions", withFirst({ versions: "2+" }), 'ThingRequest.names: versions is "2" here, "1-2" in Kafka'],
  ["where it may be null", withFirst({ nullable: "1+" }), 'ThingRequest.names: nullable is "1-2" here, "2" in Kafka'],
  ["a tag", withFirst({ tag: 0 }), "ThingRequest.names: tag is 0 here, null in Kafka"],
  ["whether it can be ignored", withFirst({ ignorable: true }), "ThingRequest.names: ignorable is true here, false in Kafka"],
  ["how it is laid out", withFirst({ flexible: "none" }), 'ThingRequest.names: flexible is "none" here, "as the message" in Kafka'],
  ["a key", withFirst({ mapKey: true }), "ThingRequest.names: mapKey is true here, false in Kafka"],
  ["flexible versions", { ...thing, flexible: "1+" }, 'ThingRequest: flexible is "1-2" here, "2" in Kafka'],
  ["versions of the API", { ...thing, versions: "1-3" }, 'ThingRequest: versions is "1-3" here, "1-2" in Kafka'],
  ["the order", { ...thing, response: thing.response.toReversed() }, "ThingResponse: the order of the fields is best, things here, things, best in Kafka"],
  ["a field too few", { ...thing, response: thing.response.slice(1) }, "ThingResponse: things is missing here"],
  ["a default", { ...thing, response: [{ ...thing.response[0], default: 5 } as Field] }, 'ThingResponse.things: default is "5" here, "empty" in Kafka'],
])("%s that is another is a difference", (_, ours, line) => {
  expect(differences(ours)).toContain(line);
});

test("a difference within a struct is found where the struct is used", () => {
  const inner = thingFields.map((field) => (field.name === "id" ? { ...field, default: 0 } : field));
  const ours = { ...thing, response: [{ ...thing.response[0], type: arrayOf(struct("ThingItem", inner)) } as Field, ...thing.response.slice(1)] };
  expect(differences(ours)).toEqual(['ThingResponse.things.id: default is "0" here, "-1" in Kafka']);
});

test("schemas that our descriptions cannot follow are refused", () => {
  expect(() => apiOfSchemas(REQUEST, RESPONSE.replace('"1-3"', '"0-3"'))).toThrow("not of the same versions");
  expect(() => apiOfSchemas(REQUEST, RESPONSE.replace('"taggedVersions": "2+"', '"taggedVersions": "3+"'))).toThrow("Best is tagged in some versions");
  expect(() => apiOfSchemas(REQUEST, RESPONSE.replace('"name": "Thing", "versions"', '"name": "Other", "versions"'))).toThrow(
    "nothing is known of the struct Thing",
  );
});
