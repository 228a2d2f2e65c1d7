import { KAFKA_VERSION, type ToolIo } from "../tool.ts";
import { helpText } from "./help-text.ts";
import type { Option, ParsedOptions } from "./option.ts";

/** Every tool has them. */
export const HELP_OPTIONS: readonly Option[] = [
  { name: "help", description: "Print usage information." },
  { name: "version", description: "Display Kafka version." },
];

/** The tool has nothing to do any more: what it prints is in the error. */
export class ToolEnded extends Error {
  readonly code = "TOOL_ENDED";
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;

  constructor(end: { readonly exitCode: number; readonly stdout?: string; readonly stderr?: string }) {
    super("the tool ends here");
    this.exitCode = end.exitCode;
    this.stdout = end.stdout ?? "";
    this.stderr = end.stderr ?? "";
  }

  /** Prints it; the result is the exit code. */
  tell(io: ToolIo): number {
    if (this.stdout !== "") io.out(this.stdout);
    if (this.stderr !== "") io.err(this.stderr);
    return this.exitCode;
  }
}

/** One line to stderr, and nothing else: Kafka's `TerseException`. */
export const terse = (message: string): ToolEnded => new ToolEnded({ exitCode: 1, stderr: `${message}\n` });

/** What a command may be given and may not be given together; complaints come with the help, on stderr, with exit code 1. */
export class Usage {
  readonly options: readonly Option[];

  constructor(options: readonly Option[]) {
    this.options = options;
  }

  /** The complaint, to be thrown. */
  refusal(message: string): ToolEnded {
    return new ToolEnded({ exitCode: 1, stderr: `${message}\n${helpText(this.options)}` });
  }

  /** Throws where help or the version is all that is wanted. Without arguments help is. */
  checkHelpOrVersion(parsed: ParsedOptions, purpose: string): void {
    if (parsed.size === 0 || parsed.has("help")) throw this.refusal(purpose);
    if (parsed.has("version")) throw new ToolEnded({ exitCode: 0, stdout: `${KAFKA_VERSION}\n` });
  }

  /** Throws where one of them is missing. */
  require(parsed: ParsedOptions, ...names: readonly string[]): void {
    const missing = names.find((name) => !parsed.has(name));
    if (missing !== undefined) throw this.refusal(`Missing required argument "[${missing}]"`);
  }

  /** Throws where the option is there, and one that it can't be used with. */
  exclude(parsed: ParsedOptions, name: string, others: readonly string[]): void {
    const other = parsed.has(name) ? others.find((one) => parsed.has(one)) : undefined;
    if (other !== undefined) throw this.refusal(`Option "[${name}]" can't be used with option "[${other}]"`);
  }

  /** Throws where both are there. */
  excludeEither(parsed: ParsedOptions, one: string, other: string): void {
    if (parsed.has(one) && parsed.has(other)) throw this.refusal(`Options --${one} and --${other} cannot be specified together.`);
  }

  /** Throws where an address has no port, or where there is none. */
  checkBootstrap(bootstrap: string): void {
    if (bootstrap === "") throw this.refusal("Error while validating the bootstrap address\n");
    if (!bootstrap.split(",").every((address) => /:\d+$/.test(address.trim())))
      throw this.refusal("Please provide valid host:port like host1:9091,host2:9092\n");
  }
}
