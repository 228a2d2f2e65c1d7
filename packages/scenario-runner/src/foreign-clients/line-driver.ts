import { createInterface } from "node:readline";
import { type Asked, type CommandName, type Commands, type Told, UNSUPPORTED } from "./command.ts";

/** What a program of a client has to do; what is left out, the client can't. */
export type Obedience = { readonly [Name in CommandName]?: (ask: Commands[Name]["ask"], tell: (told: Told) => void) => Promise<Commands[Name]["answer"]> };

const say = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** Obeys a line of stdin each, as they come: a command that waits keeps no other from being obeyed. Ends with stdin, after `close`. */
export function obeyLines(obedience: Obedience, close: () => Promise<void>): void {
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => void obey(obedience, JSON.parse(line) as Asked));
  lines.on("close", () => void close().finally(() => process.exit(0)));
}

async function obey(obedience: Obedience, { id, command, ...ask }: Asked): Promise<void> {
  const run = obedience[command] as ((ask: unknown, tell: (told: Told) => void) => Promise<object>) | undefined;
  try {
    if (run === undefined) say({ id, error: UNSUPPORTED, message: `this client has no ${command}` });
    else say({ ...(await run(ask, say)), id });
  } catch (error) {
    say({ id, error: nameOf(error), message: error instanceof Error ? error.message : String(error) });
  }
}

/** Kafka's, where the client says it. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return "Error";
  if ("type" in error && typeof error.type === "string") return error.type;
  return error.cause === undefined ? error.name : nameOf(error.cause);
}
