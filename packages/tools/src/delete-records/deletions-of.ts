import { keyOf } from "../admin/ask-leaders.ts";
import type { Deletion } from "../admin/delete-records.ts";
import { JavaException } from "../java-exception.ts";

const VERSION = 1;

/** What `{"partitions":[{"topic":"t","partition":0,"offset":42}],"version":1}` asks for; the version may be left out. Throws where it says something else. */
export function deletionsOf(text: string): readonly Deletion[] {
  const root = objectOf(parse(text));
  const version = "version" in root ? integerOf(root.version) : VERSION;
  if (version !== VERSION) throw operation(`Not supported version field value ${version}`);
  if (!("partitions" in root)) throw operation("Missing partitions field");
  if (!Array.isArray(root.partitions)) throw mapping(`Expected JSON array, received ${JSON.stringify(root.partitions)}`);
  const deletions = root.partitions.map((one: unknown): Deletion => {
    const entry = objectOf(one);
    return {
      topic: stringOf(fieldOf(entry, "topic")),
      partition: integerOf(fieldOf(entry, "partition")),
      beforeOffset: integerOf(fieldOf(entry, "offset"), "Long"),
    };
  });
  const keys = deletions.map(keyOf);
  const twice = [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))];
  if (twice.length > 0) {
    throw new JavaException("org.apache.kafka.tools.AdminCommandFailedException", `Offset json file contains duplicate topic partitions: ${twice.join(",")}`);
  }
  return deletions;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw operation("The input string is not a valid JSON");
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw mapping(`Expected JSON object, received ${JSON.stringify(value)}`);
  return value as Readonly<Record<string, unknown>>;
}

function fieldOf(entry: Readonly<Record<string, unknown>>, name: string): unknown {
  if (!Object.hasOwn(entry, name)) throw mapping(`No such field exists: \`${name}\``);
  return entry[name];
}

function integerOf(value: unknown, type: "Integer" | "Long" = "Integer"): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw mapping(`Expected \`${type}\` value, received ${JSON.stringify(value)}`);
  return value;
}

function stringOf(value: unknown): string {
  if (typeof value !== "string") throw mapping(`Expected \`String\` value, received ${JSON.stringify(value)}`);
  return value;
}

const operation = (message: string): JavaException => new JavaException("org.apache.kafka.tools.AdminOperationException", message);
const mapping = (message: string): JavaException => new JavaException("com.fasterxml.jackson.databind.JsonMappingException", message);
