/** What a tool has to do with the world besides its cluster. */
export interface ToolIo {
  /** Chunks of what is typed, until its end. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Written as it is: a line has its own end. */
  out(text: string): void;
  err(text: string): void;
  /** Bytes to stdout, as they are. Resolves when there is room for more; false: nobody reads them any more. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** Somebody types at stdin and reads stdout. */
  readonly isTerminal: boolean;
  /**
   * Aborted when the user or the system wants the tool to end; its reason is the signal's name (SIGINT, SIGTERM). Whoever looks at it takes care of that;
   * else the process just ends.
   */
  readonly stop: AbortSignal;
}

/** One `kafka-*` command: its arguments without the command's name; the result is the exit code. It never throws. */
export type Tool = (args: readonly string[], io: ToolIo) => Promise<number>;

/** What a process says that a signal has ended: 130 or 143. */
export const exitCodeOf = (stop: AbortSignal): number => (stop.reason === "SIGTERM" ? 143 : 130);

/** The version of Apache Kafka that all tools speak like. */
export const KAFKA_VERSION = "4.3.0";
