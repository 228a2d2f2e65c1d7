import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiDescriptions, consumerProtocolDescriptions, groupRecordDescriptions, headerDescriptions } from "../definitions/index.ts";
import { emitApiFile, emitMessagesFile, emitSharedFile, type GeneratedFile } from "./api-file.ts";
import { checkNames } from "./check-names.ts";
import { emitApiTypesFile, emitIndexFile, emitRegistryFile } from "./registry-file.ts";

const OUTPUT = join(import.meta.dirname, "../src/generated");

/** Writes only what differs, so that a build that watches the files sleeps on; removes what is no longer described. */
function writeFiles(files: readonly GeneratedFile[]): void {
  mkdirSync(OUTPUT, { recursive: true });
  const paths = new Set(files.map((file) => file.path));
  const present = readdirSync(OUTPUT);
  for (const name of present) if (!paths.has(name)) rmSync(join(OUTPUT, name));
  for (const { path, text } of files) {
    const target = join(OUTPUT, path);
    if (!present.includes(path) || readFileSync(target, "utf8") !== text) writeFileSync(target, text);
  }
}

checkNames(apiDescriptions);
const files = [
  ...apiDescriptions.map(emitApiFile),
  emitMessagesFile("headers.ts", "Headers of requests and responses.", headerDescriptions),
  emitMessagesFile("group-records.ts", "Keys and values of the records in `__consumer_offsets`.", groupRecordDescriptions),
  emitMessagesFile("consumer-protocol.ts", "What the members of a group of consumers write for each other.", consumerProtocolDescriptions),
  emitSharedFile(apiDescriptions),
  emitApiTypesFile(apiDescriptions),
  emitRegistryFile(apiDescriptions),
];
writeFiles([...files, emitIndexFile(files)]);
