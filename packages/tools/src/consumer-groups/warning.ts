import { logLine } from "../log-line.ts";

const LOGGER = "org.apache.kafka.tools.OffsetsUtils";

/** As Kafka's tool logs it. */
export const warning = (message: string, now?: Date): string => logLine({ level: "WARN", message, logger: LOGGER }, now);
