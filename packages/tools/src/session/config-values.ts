import { JavaException } from "../java-exception.ts";

/** Settings by their Kafka keys, as files and options give them. */
export type Properties = ReadonlyMap<string, string>;

export const configException = (message: string): JavaException => new JavaException("org.apache.kafka.common.config.ConfigException", message);

/** Words as Kafka's tools understand them: `key=value`, or a key alone, whose value is empty. What has no key is passed over. */
export function keyValues(words: readonly string[]): Properties {
  const pairs = words.map((word): readonly [string, string] => {
    const at = word.indexOf("=");
    return at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
  });
  return new Map(pairs.filter(([key]) => key !== ""));
}

export interface NumberRule {
  readonly fallback: number;
  readonly type: "INT" | "LONG";
  readonly min?: number;
  readonly max?: number;
}

/** Typed values of properties. Each method throws Kafka's `ConfigException` for a value that is none. */
export class ConfigValues {
  private readonly properties: Properties;

  constructor(properties: Properties) {
    this.properties = properties;
  }

  has(key: string): boolean {
    return this.properties.has(key);
  }

  text(key: string): string | undefined {
    return this.properties.get(key);
  }

  /** A LONG beyond 2^53 is about what was said. */
  number(key: string, { fallback, type, min, max }: NumberRule): number {
    const given = this.properties.get(key);
    if (given === undefined) return fallback;
    const text = given.trim();
    const bits = type === "INT" ? 32 : 64;
    if (!/^[+-]?\d+$/.test(text) || BigInt.asIntN(bits, BigInt(text)) !== BigInt(text)) throw invalid(key, text, `Not a number of type ${type}`);
    const value = Number(text);
    if (min !== undefined && value < min) throw invalid(key, text, `Value must be at least ${min}`);
    if (max !== undefined && value > max) throw invalid(key, text, `Value must be no more than ${max}`);
    return value;
  }

  flag(key: string, fallback: boolean): boolean {
    const text = this.properties.get(key)?.trim();
    if (text === undefined) return fallback;
    const lower = text.toLowerCase();
    if (lower !== "true" && lower !== "false") throw invalid(key, text, "Expected value to be either true or false");
    return lower === "true";
  }

  oneOf<T extends string>(key: string, values: readonly T[], fallback: T): T {
    const text = this.properties.get(key)?.trim() ?? fallback;
    const found = values.find((value) => value === text);
    if (found === undefined) throw invalid(key, text, `String must be one of: ${values.join(", ")}`);
    return found;
  }

  /** Throws where the key has a value: it asks for what is not there, and would be missed. */
  refuse(key: string): void {
    const text = this.properties.get(key);
    if (text !== undefined) throw configException(`${key} is ${text}: it is not supported here.`);
  }
}

const invalid = (key: string, text: string, why: string): JavaException => configException(`Invalid value ${text} for configuration ${key}: ${why}`);
