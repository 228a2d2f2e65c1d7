import { type ArgumentParser, ArgumentParserException } from "../command-line/argparse/argument.ts";
import { errorText, helpText } from "../command-line/argparse/help.ts";
import { type ParsedArguments, parseArguments } from "../command-line/argparse/parse-arguments.ts";
import { ToolEnded } from "../command-line/usage.ts";
import { asJavaException, stackTrace } from "../java-exception.ts";
import { readProperties } from "../session/command-config.ts";
import type { Properties } from "../session/config-values.ts";
import type { ToolIo } from "../tool.ts";

/** The arguments, understood. Throws `ToolEnded` with the help where there are none or it is asked for, and `ArgumentParserException`. */
export function understood(parser: ArgumentParser, args: readonly string[]): ParsedArguments {
  if (args.length === 0) throw new ToolEnded({ exitCode: 0, stdout: helpText(parser) });
  const parsed = parseArguments(parser, args);
  if (parsed === "help") throw new ToolEnded({ exitCode: 1, stdout: helpText(parser) });
  return parsed;
}

/** Of the file that is named, by this option or by the deprecated one, which is told on stdout. */
export function fileProperties(parsed: ParsedArguments, deprecated: string, io: ToolIo): Properties {
  const [old, path] = [parsed.text(deprecated), parsed.text("command-config")];
  if (old !== undefined && path !== undefined) throw new ArgumentParserException(`Options --${deprecated} and --command-config are mutually exclusive.`);
  if (old !== undefined) io.out(`Option --${deprecated} has been deprecated and will be removed in a future version. Use --command-config instead.\n`);
  try {
    return readProperties(old ?? path);
  } catch (error) {
    throw new ArgumentParserException(asJavaException(error).message);
  }
}

/** Tells why a verifiable tool could not begin; the result is the exit code. */
export function tellFailure(parser: ArgumentParser, error: unknown, io: ToolIo): number {
  if (error instanceof ToolEnded) return error.tell(io);
  if (error instanceof ArgumentParserException) io.err(errorText(parser, error));
  else io.err(`Exception in thread "main" ${stackTrace(asJavaException(error))}`);
  return 1;
}
