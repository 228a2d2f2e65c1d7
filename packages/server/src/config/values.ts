import { CONFIG_KEYS, type ConfigKey, KEYS_BY_NAME } from "./keys.ts";

export interface ConfigProblem {
  readonly key: string;
  readonly problem: string;
}

/** What keys say: as they were given, else by the profile, else Kafka's defaults. */
export class Values {
  private readonly properties: ReadonlyMap<string, string>;
  private readonly isTestProfile: boolean;
  readonly errors: ConfigProblem[];

  constructor(properties: ReadonlyMap<string, string>, errors: ConfigProblem[]) {
    this.properties = properties;
    this.errors = errors;
    this.isTestProfile = properties.get("profile") === "test";
  }

  check({ name, type }: ConfigKey): void {
    const value = this.optional(name);
    if (value === undefined) return;
    if (type.type === "integer" && !(/^-?\d+$/.test(value) && Number(value) >= type.min && Number(value) <= type.max))
      this.fail(name, `is ${JSON.stringify(value)}; it must be a whole number from ${type.min} to ${type.max}`);
    if (type.type === "long" && !isInt64(value, type.min))
      this.fail(name, `is ${JSON.stringify(value)}; it must be a whole number from ${type.min} to 2^63 − 1`);
    if (type.type === "double" && !(value.trim() !== "" && Number(value) >= type.min && Number(value) <= type.max))
      this.fail(name, `is ${JSON.stringify(value)}; it must be a number from ${type.min} to ${type.max}`);
    if (type.type === "boolean" && value !== "true" && value !== "false") this.fail(name, `is ${JSON.stringify(value)}; it must be true or false`);
    if (type.type === "choice" && !type.values.includes(value)) this.fail(name, `is ${JSON.stringify(value)}; it must be one of ${type.values.join(", ")}`);
  }

  optional(name: string): string | undefined {
    const key = KEYS_BY_NAME.get(name);
    return this.properties.get(name) ?? (this.isTestProfile ? (key?.test ?? key?.apache) : key?.apache);
  }

  /** What was given, and what the profile gives in its place. */
  get given(): ReadonlyMap<string, string> {
    const ofProfile = this.isTestProfile ? CONFIG_KEYS.flatMap(({ name, test }): [string, string][] => (test === undefined ? [] : [[name, test]])) : [];
    return new Map([...ofProfile, ...this.properties]);
  }

  isGiven(name: string): boolean {
    return this.properties.has(name);
  }

  required(name: string): string {
    const value = this.optional(name);
    if (value === undefined) this.fail(name, "must be set");
    return value ?? "";
  }

  integer(name: string): number {
    return Number(this.required(name));
  }

  number(name: string): number {
    return Number(this.required(name));
  }

  integerOr(name: string, fallback: number): number {
    const value = this.optional(name);
    return value === undefined ? fallback : Number(value);
  }

  boolean(name: string): boolean {
    return this.required(name) === "true";
  }

  fail(key: string, problem: string): void {
    this.errors.push({ key, problem });
  }
}

/** Beyond 2^53 a `number` can't tell the largest from one that is too large. */
const isInt64 = (text: string, min: number): boolean => /^-?\d{1,19}$/.test(text) && BigInt(text) >= BigInt(min) && BigInt(text) < 2n ** 63n;
