import { ToolEnded } from "./command-line/usage.ts";
import { asJavaException, stackTrace } from "./java-exception.ts";
import type { ToolIo } from "./tool.ts";

/** What most of Kafka's tools say of what ends them: its message, and where it came from. The exit code. */
export function tellFailure(error: unknown, io: ToolIo): number {
  if (error instanceof ToolEnded) return error.tell(io);
  const shown = asJavaException(error);
  io.err(`${shown.message}\n${stackTrace(shown)}\n`);
  return 1;
}
