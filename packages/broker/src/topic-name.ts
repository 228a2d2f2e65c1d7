/** Kafka's rule: 1 to 249 of `[a-zA-Z0-9._-]`, not `.` and not `..`. It also keeps names from leaving the log directory. */
export function isValidTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== "." && name !== "..";
}

const INTERNAL_TOPICS: ReadonlySet<string> = new Set(["__consumer_offsets", "__transaction_state", "__share_group_state"]);

/** Whether the cluster itself keeps its state in a topic of that name. */
export const isInternalTopic = (name: string): boolean => INTERNAL_TOPICS.has(name);
