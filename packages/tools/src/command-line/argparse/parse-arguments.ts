import { allArguments, type Argument, type ArgumentParser, ArgumentParserException } from "./argument.ts";

/** What the arguments say, by flag without dashes. */
export class ParsedArguments {
  private readonly values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.values = values;
  }

  text(name: string): string | undefined {
    return this.values.get(name);
  }

  number(name: string): number | undefined {
    const text = this.values.get(name);
    return text === undefined ? undefined : Number(text);
  }

  flag(name: string): boolean {
    return this.values.get(name) === "true";
  }
}

const HELP_FLAGS = ["-h", "--help"];
const NEGATIVE_NUMBER = /^-\d+(?:\.\d*)?$|^-\.\d+$/;

const isFlag = (word: string): boolean => /^-+[^-]/.test(word) && !NEGATIVE_NUMBER.test(word);

/**
 * Understands arguments as argparse4j does for Kafka's tools: `--flag value`, `--flag=value`, and the beginning of a flag where it is the only one with it.
 * "help": it is asked for. Throws `ArgumentParserException`.
 */
export function parseArguments(parser: ArgumentParser, args: readonly string[]): ParsedArguments | "help" {
  const values = new Map(allArguments(parser).flatMap(({ flag, default: value }) => (value === undefined ? [] : [[nameOf(flag), value] as const])));
  const given = new Set<string>();
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!isFlag(word)) throw unrecognized(word);
    const at = word.indexOf("=");
    const flag = at < 0 ? word : word.slice(0, at);
    const argument = argumentOf(parser, flag, word);
    if (argument === "help") return "help";
    values.set(nameOf(argument.flag), valueOf(argument, at < 0 ? undefined : word.slice(at + 1), rest));
    given.add(argument.flag);
  }
  checkGiven(parser, given);
  return new ParsedArguments(values);
}

const nameOf = (flag: string): string => flag.replace(/^-+/, "");

function argumentOf(parser: ArgumentParser, flag: string, word: string): Argument | "help" {
  const exact = allArguments(parser).find((argument) => argument.flag === flag);
  if (exact !== undefined) return exact;
  if (HELP_FLAGS.includes(flag)) return "help";
  const candidates = flag.startsWith("--") ? [...allArguments(parser), "help" as const].filter((each) => flagOf(each).startsWith(flag)) : [];
  const [first] = candidates;
  if (first === undefined) throw unrecognized(word);
  if (candidates.length === 1) return first;
  throw new ArgumentParserException(`ambiguous option: ${flag} could match ${candidates.map(flagOf).toSorted().join(", ")}`);
}

const flagOf = (argument: Argument | "help"): string => (argument === "help" ? "--help" : argument.flag);

function valueOf({ flag, metavar, type, choices }: Argument, attached: string | undefined, rest: string[]): string {
  const fail = (why: string): ArgumentParserException => new ArgumentParserException(`argument ${flag}: ${why}`);
  if (metavar === undefined) {
    if (attached !== undefined) throw fail(`ignore implicit argument '${attached}'`);
    return "true";
  }
  const next = rest[0];
  const value = attached ?? (next === undefined || isFlag(next) ? undefined : rest.shift());
  if (value === undefined) throw fail("expected one argument");
  if (type !== undefined && !isNumber(value, type)) throw fail(`could not convert '${value}' to ${type} (For input string: "${value}")`);
  if (choices?.includes(value) === false) throw fail(`invalid choice: '${value}' (choose from {${choices.join(",")}})`);
  return value;
}

function isNumber(text: string, type: "Integer" | "Long"): boolean {
  return /^[+-]?\d+$/.test(text) && BigInt.asIntN(type === "Integer" ? 32 : 64, BigInt(text)) === BigInt(text);
}

function checkGiven(parser: ArgumentParser, given: ReadonlySet<string>): void {
  // Of several that are missing argparse4j names the last one.
  const missing = parser.arguments.findLast(({ flag, isRequired }) => isRequired === true && !given.has(flag));
  if (missing !== undefined) throw new ArgumentParserException(`argument ${missing.flag} is required`);
  const flags = parser.group.members.map(({ flag }) => flag);
  if (!flags.some((flag) => given.has(flag))) throw new ArgumentParserException(`one of the arguments ${flags.join(" ")} is required`);
}

/** Only long ones may have been meant otherwise. */
function unrecognized(word: string): ArgumentParserException {
  const name = nameOf(word).replace(/=.*$/s, "");
  return new ArgumentParserException(`unrecognized arguments: '${word}'`, isFlag(word) && name.length > 1 ? name : undefined);
}
