import { JavaException } from "../java-exception.ts";

/** Topics that Kafka keeps for itself. */
const INTERNAL: ReadonlySet<string> = new Set(["__consumer_offsets", "__transaction_state", "__share_group_state"]);

export const isInternalTopic = (name: string): boolean => INTERNAL.has(name);

/** Topics by regular expressions, several of them with commas between; quotation marks around them mean nothing. Throws where it is none. */
export function topicFilter(text: string): (name: string) => boolean {
  const regex = text
    .trim()
    .replaceAll(",", "|")
    .replaceAll(" ", "")
    .replace(/^["']+/, "")
    .replace(/["']+$/, "");
  try {
    const pattern = new RegExp(`^(?:${regex})$`);
    return (name) => pattern.test(name);
  } catch {
    throw new JavaException("java.lang.RuntimeException", `${regex} is an invalid regex.`);
  }
}
