import { JavaException } from "../java-exception.ts";

/** What an option takes. */
export interface OptionArgument {
  /** Shown in the help as `<String: described>`. */
  readonly describedAs?: string;
  /** The name of the Java class, without its package; String if it is left out. What the help shows for an enum is its values: `[A,B]`. */
  readonly type?: "String" | "Integer" | "Long" | `[${string}]`;
  readonly default?: string;
  /** It may be left out: the next argument is not taken. */
  readonly isOptional?: boolean;
  /** Several values stand in one, with this between them. */
  readonly separator?: string;
}

/** One option, as Kafka's tools declare it. */
export interface Option {
  readonly name: string;
  readonly description: string;
  /** None: a flag. */
  readonly argument?: OptionArgument;
  /** Parsing fails without it. */
  readonly isRequired?: boolean;
  /** Parsing fails where it is given without any of these. */
  readonly availableWith?: readonly string[];
}

/** What the arguments of a command say. */
export class ParsedOptions {
  private readonly options: ReadonlyMap<string, Option>;
  private readonly values: ReadonlyMap<string, readonly string[]>;
  /** What belongs to no option, in order. */
  readonly others: readonly string[];
  /** Names of the options in the order in which they were given, as often as they were. */
  readonly given: readonly string[];
  /** How many arguments there were. */
  readonly size: number;

  constructor(parsed: {
    readonly options: ReadonlyMap<string, Option>;
    readonly values: ReadonlyMap<string, readonly string[]>;
    readonly others: readonly string[];
    readonly given: readonly string[];
    readonly size: number;
  }) {
    this.options = parsed.options;
    this.values = parsed.values;
    this.others = parsed.others;
    this.given = parsed.given;
    this.size = parsed.size;
  }

  /** It was given; a default does not count. */
  has(name: string): boolean {
    return this.values.has(name);
  }

  /** All its values in the order of the arguments, or its default. */
  valuesOf(name: string): readonly string[] {
    const given = this.values.get(name) ?? [];
    const fallback = this.options.get(name)?.argument?.default;
    return given.length === 0 && fallback !== undefined ? [fallback] : given;
  }

  /** Its only value. Throws an `OptionException` if it was given more than once. */
  valueOf(name: string): string | undefined {
    const values = this.valuesOf(name);
    if (values.length > 1)
      throw new OptionException("MultipleArgumentsForOptionException", `Found multiple arguments for option ${name}, but you asked for only one`);
    return values[0];
  }

  /** Its only value as a number of Java's `Integer` or `Long`. Throws an `OptionException` if it is none. */
  integerOf(name: string): number | undefined {
    const text = this.valueOf(name);
    return text === undefined ? undefined : this.numberOf(name, text);
  }

  /** All its values as such numbers. A `Long` beyond 2^53 is only about what was said. */
  integersOf(name: string): readonly number[] {
    return this.valuesOf(name).map((text) => this.numberOf(name, text));
  }

  private numberOf(name: string, text: string): number {
    const bits = this.options.get(name)?.argument?.type === "Long" ? 64 : 32;
    if (/^[+-]?\d+$/.test(text) && BigInt.asIntN(bits, BigInt(text)) === BigInt(text)) return Number(text);
    throw new OptionException("OptionArgumentConversionException", `Cannot parse argument '${text}' of option ${name}`, { cause: notANumber(text) });
  }
}

/** The arguments can't be understood; named as joptsimple, the parser of Kafka's tools, names it. */
export class OptionException extends JavaException {
  constructor(simpleClass: string, message: string, details: { readonly cause?: JavaException } = {}) {
    super(`joptsimple.${simpleClass}`, message, details);
  }
}

function notANumber(text: string): JavaException {
  const cause = new JavaException("java.lang.NumberFormatException", `For input string: "${text}"`);
  return new JavaException("joptsimple.internal.ReflectionException", cause.toString(), { cause });
}
