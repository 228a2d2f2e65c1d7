/** Kafka's rule: 1 to 249 of `[a-zA-Z0-9._-]`, not `.` and not `..`. Nothing else can ever be the name of a topic. */
export function isTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== "." && name !== "..";
}
