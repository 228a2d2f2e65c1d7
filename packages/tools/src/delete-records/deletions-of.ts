import { keyOf } from "../admin/ask-leaders.ts";
import type { Deletion } from "../admin/delete-records.ts";
import { JavaException } from "../java-exception.ts";
import { arrayOf, fieldOf, integerOf, objectOf, parseJson, stringOf } from "../json-fields.ts";

const VERSION = 1;

/** What `{"partitions":[{"topic":"t","partition":0,"offset":42}],"version":1}` asks for; the version may be left out. Throws where it says something else. */
export function deletionsOf(text: string): readonly Deletion[] {
  const parsed = parseJson(text);
  if (parsed === undefined) throw operation("The input string is not a valid JSON");
  const root = objectOf(parsed.value);
  const version = "version" in root ? integerOf(root.version) : VERSION;
  if (version !== VERSION) throw operation(`Not supported version field value ${version}`);
  if (!("partitions" in root)) throw operation("Missing partitions field");
  const deletions = arrayOf(root.partitions).map((one): Deletion => {
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

const operation = (message: string): JavaException => new JavaException("org.apache.kafka.tools.AdminOperationException", message);
