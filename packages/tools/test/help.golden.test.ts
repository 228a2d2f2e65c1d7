import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { breakable } from "../src/command-line/line-breaks.ts";
import { KAFKA_VERSION, type Tool, TOOLS } from "../src/index.ts";
import { runTool } from "./run-tool.ts";

/** What Kafka's own tools print without arguments. */
const help = (tool: string): string => readFileSync(join(import.meta.dirname, "help", `${tool}.txt`), "utf8");

/** Their options are understood by another parser. */
const ARGPARSE: readonly string[] = ["kafka-verifiable-producer", "kafka-verifiable-consumer"];
const WITH_TABLES = [...TOOLS.keys()].filter((name) => !ARGPARSE.includes(name));

const toolNamed = async (name: string): Promise<Tool> => {
  const tool = await TOOLS.get(name)?.();
  if (tool === undefined) throw new Error(`there is no ${name}`);
  return tool;
};

describe("the help of a tool", () => {
  it.each(WITH_TABLES)("of %s is Kafka's to the letter, on stderr, with code 1", async (name) => {
    const tool = await toolNamed(name);
    expect(await runTool(tool, [])).toEqual({ code: 1, stdout: "", stderr: help(name) });
  });

  it.each(WITH_TABLES)("of %s comes when it is asked for, and its version on stdout", async (name) => {
    const tool = await toolNamed(name);
    const asked = await runTool(tool, ["--help"]);
    expect([asked.code, asked.stdout, asked.stderr.split("\n").slice(1)]).toEqual([1, "", help(name).split("\n").slice(1)]);
    expect(await runTool(tool, ["--version"])).toEqual({ code: 0, stdout: `${KAFKA_VERSION}\n`, stderr: "" });
  });

  it.each(ARGPARSE)("of %s is Kafka's to the letter, on stdout, with code 0 without arguments and 1 where it is asked for", async (name) => {
    const tool = await toolNamed(name);
    expect(await runTool(tool, [])).toEqual({ code: 0, stdout: help(name), stderr: "" });
    expect(await runTool(tool, ["--topic", "t", "-h"])).toEqual({ code: 1, stdout: help(name), stderr: "" });
  });
});

describe("a line may be broken", () => {
  it.each([
    ["--create and --", ["--", "create ", "and ", "--"]],
    ["HOST1:PORT1,...", ["HOST1:", "PORT1,..."]],
    ["The server(s) to", ["The ", "server", "(s) ", "to"]],
    ["topic5:-3>", ["topic5:", "-3", ">"]],
    ["a/b or k1=v1,k2", ["a/b ", "or ", "k1=v1,", "k2"]],
    ["\tfollower.rate", ["\t", "follower.", "rate"]],
    ["1.5, -2", ["1.5, ", "-2"]],
    ["'a.b.' and 'c.'", ["'a.", "b.' ", "and ", "'c.'"]],
    ["x.'y z", ["x.'y ", "z"]],
  ])("where Java breaks it: %j", (line, pieces) => {
    expect(breakable(line)).toEqual(pieces);
  });
});
