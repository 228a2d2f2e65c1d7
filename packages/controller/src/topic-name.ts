const MAX_NAME_LENGTH = 249;

/** What is wrong with a topic's name, in Kafka's words; undefined if nothing is. A name becomes a path: nothing else may let one pass. */
export function topicNameError(name: string): string | undefined {
  const wrong = nameFault(name);
  return wrong === undefined ? undefined : `Topic name is invalid: ${wrong}`;
}

function nameFault(name: string): string | undefined {
  if (name === "") return "the empty string is not allowed";
  if (name === "." || name === "..") return `'${name}' is not allowed`;
  if (name.length > MAX_NAME_LENGTH) return `the length of '${name}' is longer than the max allowed length ${MAX_NAME_LENGTH}`;
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
  return undefined;
}

/** Metrics spell `.` as `_`: two names with one spelling collide. */
export const collisionKey = (name: string): string => name.replaceAll(".", "_");
export const mayCollide = (name: string): boolean => name.includes(".") || name.includes("_");
