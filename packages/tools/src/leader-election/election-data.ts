import { keyOf, type TopicPartition } from "../admin/ask-leaders.ts";
import { JavaException } from "../java-exception.ts";
import { arrayOf, fieldOf, integerOf, objectOf, parseJson, stringOf } from "../json-fields.ts";
import { readText } from "../text-file.ts";

/** What `{"partitions":[{"topic":"foo","partition":1}]}` in a file names. Throws where it says something else. */
export function electionData(path: string): readonly TopicPartition[] {
  const parsed = parseJson(asRuntime(() => readText(path)));
  if (parsed === undefined) throw operation("Replica election data is empty");
  const root = asRuntime(() => objectOf(parsed.value));
  if (!("partitions" in root)) throw operation('Replica election data is missing "partitions" field');
  const partitions = asRuntime(() =>
    arrayOf(root.partitions).map((one): TopicPartition => {
      const entry = objectOf(one);
      return { topic: stringOf(fieldOf(entry, "topic")), partition: integerOf(fieldOf(entry, "partition")) };
    }),
  );
  const keys = partitions.map(keyOf);
  const twice = [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))];
  if (twice.length > 0) throw operation(`Replica election data contains duplicate partitions: [${twice.join(", ")}]`);
  return partitions;
}

/** Java wraps what may not be thrown there. */
function asRuntime<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof JavaException)) throw error;
    throw new JavaException("java.lang.RuntimeException", error.toString(), { cause: error });
  }
}

const operation = (message: string): JavaException => new JavaException("org.apache.kafka.tools.AdminOperationException", message);
