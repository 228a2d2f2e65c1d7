import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { apiDescriptions, consumerProtocolDescriptions, groupRecordDescriptions, headerDescriptions } from "../definitions/index.ts";
import { factsOfApi, factsOfMessage } from "./facts.ts";
import { differencesOf } from "./facts-difference.ts";
import { apiOfSchemas, messageOfSchema } from "./kafka-schema.ts";
import { protocolDocument } from "./protocol-document.ts";
import { schemaDigests } from "./schema-digests.ts";

const DOCUMENT = join(import.meta.dirname, "../../../docs/protocol.md");
const DIGESTS = join(import.meta.dirname, "../schema-digests.json");

/** Ends with code 1 and a line for each difference; writes the digests only where there is none. */
function compareWithSchemas(folder: string): void {
  const isOfGroups = new Set(groupRecordDescriptions.map(({ name }) => name));
  const read = (name: string): string => readFileSync(join(folder, isOfGroups.has(name) ? "group-coordinator" : "message", `${name}.json`), "utf8");
  const apis = apiDescriptions.map(({ name }) => apiOfSchemas(read(`${name}Request`), read(`${name}Response`)));
  const others = [...headerDescriptions, ...groupRecordDescriptions, ...consumerProtocolDescriptions];
  const otherSchemas = others.map(({ name }) => messageOfSchema(read(name)));
  const kafkas = new Map([...otherSchemas.map(factsOfMessage), ...apis.flatMap(factsOfApi)].map((facts) => [facts.name, facts]));
  const ours = [...others.map(factsOfMessage), ...apiDescriptions.flatMap(factsOfApi)];
  const differences = ours.flatMap((facts) => {
    const theirs = kafkas.get(facts.name);
    return theirs === undefined ? [`${facts.name} is not in Kafka`] : differencesOf(facts, theirs);
  });
  for (const line of differences) console.error(line);
  console.log(`${ours.length} messages compared, ${differences.length} differences`);
  if (differences.length > 0) process.exit(1);
  writeFileSync(DIGESTS, `${JSON.stringify(schemaDigests(apis, otherSchemas), null, 2)}\n`);
}

const { schemas } = parseArgs({ options: { schemas: { type: "string" } } }).values;
if (schemas !== undefined) compareWithSchemas(schemas);
writeFileSync(DOCUMENT, protocolDocument(apiDescriptions));
