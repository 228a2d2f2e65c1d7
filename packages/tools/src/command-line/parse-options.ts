import { type Option, OptionException, ParsedOptions } from "./option.ts";

/**
 * Understands arguments as joptsimple does for Kafka's tools: `--option value`, `--option=value`, one dash as well as two, options given again,
 * and no abbreviations. What belongs to no option is kept; all behind `--` is such. Throws `OptionException`.
 */
export function parseOptions(declared: readonly Option[], args: readonly string[]): ParsedOptions {
  const options = new Map(declared.map((option) => [option.name, option]));
  const values = new Map<string, string[]>();
  const others: string[] = [];
  const given: string[] = [];
  const rest = [...args];
  for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
    if (next === "--") others.push(...rest.splice(0));
    else if (next.startsWith("-") && next !== "-") readOption(next, { options, values, given, rest });
    else others.push(next);
  }
  checkRequired(declared, values);
  checkAvailable(declared, values);
  return new ParsedOptions({ options, values, others, given, size: args.length });
}

interface Reading {
  readonly options: ReadonlyMap<string, Option>;
  readonly values: Map<string, string[]>;
  readonly given: string[];
  /** Arguments that are not read yet. */
  readonly rest: string[];
}

function readOption(argument: string, reading: Reading): void {
  const text = argument.replace(/^--?/, "");
  const at = text.indexOf("=");
  const name = at < 0 ? text : text.slice(0, at);
  const option = reading.options.get(name);
  if (option !== undefined) return take(option, at < 0 ? undefined : text.slice(at + 1), reading);
  if (argument.startsWith("--")) throw unrecognized(name);
  readCluster(text, reading);
}

/** `-xyz`: three options of one letter, of which the first that takes something takes the rest. */
function readCluster(letters: string, reading: Reading): void {
  for (let index = 0; index < letters.length; index++) {
    const letter = letters.charAt(index);
    const option = reading.options.get(letter);
    if (option === undefined) throw unrecognized(letter);
    if (option.argument !== undefined && index + 1 < letters.length) return take(option, letters.slice(index + 1), reading);
    take(option, undefined, reading);
  }
}

function take({ name, argument }: Option, attached: string | undefined, { values, given, rest }: Reading): void {
  const before = values.get(name) ?? [];
  values.set(name, before);
  given.push(name);
  // What is attached to a flag is nobody's.
  if (argument === undefined) return;
  const isNextTaken = argument.isOptional !== true || (rest[0] !== undefined && !rest[0].startsWith("-"));
  const value = attached ?? (isNextTaken ? rest.shift() : undefined);
  if (value === undefined && argument.isOptional !== true) {
    throw new OptionException("OptionMissingRequiredArgumentException", `Option ${name} requires an argument`);
  }
  if (value !== undefined) before.push(...(argument.separator === undefined ? [value] : value.split(argument.separator)));
}

function checkAvailable(declared: readonly Option[], values: ReadonlyMap<string, unknown>): void {
  if (isHelpAsked(values)) return;
  const isForbidden = ({ name, availableWith }: Option): boolean => values.has(name) && availableWith?.some((other) => values.has(other)) === false;
  const forbidden = declared.filter(isForbidden).map(({ name }) => name);
  if (forbidden.length > 0) {
    const message = `Option(s) [${forbidden.join(", ")}] are unavailable given other options on the command line`;
    throw new OptionException("UnavailableOptionException", message);
  }
}

/** Who asks for help, or for the version, needs nothing else. */
const isHelpAsked = (values: ReadonlyMap<string, unknown>): boolean => values.has("help") || values.has("version");

function checkRequired(declared: readonly Option[], values: ReadonlyMap<string, unknown>): void {
  if (isHelpAsked(values)) return;
  const missing = declared.filter(({ isRequired, name }) => isRequired === true && !values.has(name)).map(({ name }) => name);
  if (missing.length > 0) throw new OptionException("MissingRequiredOptionsException", `Missing required option(s) [${missing.join(", ")}]`);
}

const unrecognized = (name: string): OptionException => new OptionException("UnrecognizedOptionException", `${name} is not a recognized option`);
