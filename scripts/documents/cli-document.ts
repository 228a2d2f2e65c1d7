import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { TOOLS } from "@samsa/tools";

const INTRODUCTION = `# Command line

Every command with its help, as it prints it; written by \`npm run documents\`, and a test compares. In a clone the command is \`bin/samsa\`, or \`node dist/samsa.mjs\` after \`npm run build\`.

Kafka's own tools are \`bin/kafka-*.sh\`, or \`samsa kafka-*\`. Their help is Apache Kafka 4.3's, so it also names what Samsa does not have yet.
[ERRORS.md](../ERRORS.md) says what exit codes mean.`;

/** Every command prints its help in a process of its own, as for a user; so many at a time. */
const AT_ONCE = 2;

interface Help {
  readonly command: string;
  readonly text: string;
}

/** \`docs/reference/cli.md\`. Runs \`dist/samsa.mjs\`. */
export async function cliDocument(): Promise<string> {
  const own = await helpOf([[], ...ownCommands().map((name) => [name])]);
  const tools = await Promise.all(toolNames().map(helpOfTool));
  return `${[INTRODUCTION, "## Samsa's own", ...own.map(section), "## Kafka's tools", ...tools.map(section)].join("\n\n")}\n`;
}

const section = ({ command, text }: Help): string => `### ${command}\n\n${fence(text)}`;

/** No language: what is here is neither typed nor printed by a command of the document. Trailing white space is Kafka's, and no reader sees it. */
const fence = (text: string): string => `\`\`\`\n${text.trimEnd().replace(/[ \t]+$/gm, "")}\n\`\`\``;

async function helpOf(commands: readonly (readonly string[])[]): Promise<readonly Help[]> {
  const left = [...commands.entries()];
  const found: Help[] = [];
  const take = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) found[next[0]] = await help(next[1]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
  return found;
}

async function help(command: readonly string[]): Promise<Help> {
  return { command: ["samsa", ...command].join(" "), text: await printedBy([...command, "--help"]) };
}

async function printedBy(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const options = { env: { ...process.env, NO_COLOR: "1", ...env } };
  const { stdout } = await promisify(execFile)(process.execPath, ["dist/samsa.mjs", ...args], options).catch((error: unknown) => {
    // Not every command ends with 0 after its help.
    if (error instanceof Error && "stdout" in error && typeof error.stdout === "string") return { stdout: error.stdout };
    throw error;
  });
  return stdout;
}

/** Kafka's tools differ in where their help goes. They run within this process, for they are functions of their arguments. */
async function helpOfTool(name: string): Promise<Help> {
  const load = TOOLS.get(name);
  // Scripts that start a node say how they are used when they are told nothing.
  if (load === undefined) return { command: name, text: await printedBy([name], { SAMSA_COMMAND: `bin/${name}.sh` }) };
  const tool = await load();
  let text = "";
  const print = (part: string): void => void (text += part);
  await tool(["--help"], {
    stdin: Readable.from([]),
    out: print,
    err: print,
    write: async (bytes) => {
      print(Buffer.from(bytes).toString());
      return true;
    },
    isTerminal: false,
    stop: new AbortController().signal,
  });
  return { command: name, text };
}

/** By the table of commands, which is the one place that has them. */
export function ownCommands(): readonly string[] {
  const names = [...readFileSync("packages/samsa/src/main.ts", "utf8").matchAll(/^ {2}\["([a-z]+)", async \(\) =>/gm)].map(([, name = ""]) => name);
  if (names.length === 0) throw new Error("packages/samsa/src/main.ts has no table of commands any more where it is looked for");
  return names.toSorted();
}

/** `kafka-server-stop` has no help, and would stop servers. */
export const toolNames = (): readonly string[] =>
  readdirSync("bin")
    .flatMap((file) => /^(kafka-.*)\.sh$/.exec(file)?.[1] ?? [])
    .filter((name) => name !== "kafka-server-stop")
    .toSorted();
