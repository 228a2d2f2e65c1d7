/** More than 50 MiB of records. */
export const LARGE_TOPIC = "large";
