import { describe, expect, it } from "vitest";
import { type Option, OptionException } from "../src/command-line/option.ts";
import { parseOptions } from "../src/command-line/parse-options.ts";

const DECLARED: readonly Option[] = [
  { name: "topic", description: "", argument: {} },
  { name: "n", description: "", argument: { type: "Integer" } },
  { name: "opt", description: "", argument: { isOptional: true } },
  { name: "time", description: "", argument: { default: "latest" } },
  { name: "list", description: "" },
  { name: "q", description: "" },
];

const parse = (...args: readonly string[]) => parseOptions(DECLARED, args);
const complaint = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof OptionException) return error.toString();
    throw error;
  }
  throw new Error("it was understood");
};

/** Each tried with joptsimple. */
describe("options are understood as joptsimple understands them", () => {
  it.each([
    [["-topic", "x"], ["x"]],
    [["--topic", "--list"], ["--list"]],
    [["--topic="], [""]],
    [["--topic=a=b"], ["a=b"]],
    [
      ["--topic", "1", "--topic", "2"],
      ["1", "2"],
    ],
  ])("a value: %j", (args, values) => {
    expect(parse(...args).valuesOf("topic")).toEqual(values);
  });

  it("a flag takes nothing, not even what is attached to it", () => {
    const parsed = parse("--list=x", "-q", "y");
    expect([parsed.has("list"), parsed.has("q"), parsed.has("topic"), parsed.others]).toEqual([true, true, false, ["y"]]);
  });

  it("letters may stand together, and the first one with a value takes the rest", () => {
    expect(parse("-n5").integerOf("n")).toBe(5);
    expect(parse("-qn", "-7").integerOf("n")).toBe(-7);
  });

  it("a value may be optional: the next option is none", () => {
    expect(parse("--opt", "--list").valuesOf("opt")).toEqual([]);
    expect(parse("--opt", "v").valuesOf("opt")).toEqual(["v"]);
    expect(parse("--opt").has("opt")).toBe(true);
  });

  it("a default is a value that was not given", () => {
    expect([parse().valueOf("time"), parse().has("time"), parse("--time", "5").valueOf("time")]).toEqual(["latest", false, "5"]);
  });

  it("behind two dashes there is no option", () => {
    expect(parse("--", "--list", "-").others).toEqual(["--list", "-"]);
  });

  it.each([
    [["--lis"], "UnrecognizedOptionException: lis is not a recognized option"],
    [["-ql"], "UnrecognizedOptionException: l is not a recognized option"],
    [["--=x"], "UnrecognizedOptionException:  is not a recognized option"],
    [["--topic"], "OptionMissingRequiredArgumentException: Option topic requires an argument"],
  ])("what can't be understood is said: %j", (args, text) => {
    expect(complaint(() => parse(...args))).toBe(`joptsimple.${text}`);
  });

  it("a value that does not fit is found when it is looked at", () => {
    expect(complaint(() => parse("--n", "x").integerOf("n"))).toBe("joptsimple.OptionArgumentConversionException: Cannot parse argument 'x' of option n");
    expect(complaint(() => parse("--n", "2147483648").integerOf("n"))).toContain("Cannot parse argument");
    const twice = "joptsimple.MultipleArgumentsForOptionException: Found multiple arguments for option topic, but you asked for only one";
    expect(complaint(() => parse("--topic", "1", "--topic", "2").valueOf("topic"))).toBe(twice);
  });

  it("a Long has 64 bits, and of several values each is looked at", () => {
    const long: readonly Option[] = [{ name: "to", description: "", argument: { type: "Long" } }];
    expect(parseOptions(long, ["--to", "-5", "--to", "9223372036854775807"]).integersOf("to")).toEqual([-5, 2 ** 63]);
    expect(complaint(() => parseOptions(long, ["--to", "9223372036854775808"]).integerOf("to"))).toContain("Cannot parse argument");
    expect(complaint(() => parseOptions(long, ["--to", "1", "--to", "x"]).integersOf("to"))).toContain("Cannot parse argument 'x' of option to");
  });

  it("an option may want one of others beside it, unless help or the version is asked for", () => {
    const options: readonly Option[] = [
      { name: "list", description: "" },
      { name: "type", description: "", availableWith: ["list"] },
      { name: "state", description: "", availableWith: ["list", "describe"] },
      { name: "help", description: "" },
    ];
    const text = "joptsimple.UnavailableOptionException: Option(s) [type, state] are unavailable given other options on the command line";
    expect(complaint(() => parseOptions(options, ["--state", "--type"]))).toBe(text);
    expect(parseOptions(options, ["--list", "--type"]).has("type")).toBe(true);
    expect(parseOptions(options, ["--help", "--type"]).has("help")).toBe(true);
  });

  it("what is required is missed, unless help or the version is asked for", () => {
    const required = [
      { name: "x", description: "", argument: {}, isRequired: true },
      { name: "y", description: "", argument: {}, isRequired: true },
      { name: "help", description: "" },
      { name: "version", description: "" },
    ];
    expect(complaint(() => parseOptions(required, []))).toBe("joptsimple.MissingRequiredOptionsException: Missing required option(s) [x, y]");
    for (const name of ["help", "version"]) expect(parseOptions(required, [`--${name}`]).has(name)).toBe(true);
  });
});
