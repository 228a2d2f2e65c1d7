import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { kafkaConsumerGroups } from "../src/consumer-groups/kafka-consumer-groups.ts";
import { csvLine, readResetPlan } from "../src/consumer-groups/reset-plan.ts";
import { durationMs, timestampOf } from "../src/consumer-groups/times.ts";
import { warning } from "../src/consumer-groups/warning.ts";
import { JavaException } from "../src/java-exception.ts";
import { type Ended, runTool } from "./run-tool.ts";

const groups = (line: string): Promise<Ended> => runTool(kafkaConsumerGroups, line.split(" "));
/** Nobody is asked. */
const atNoCluster = (line: string): Promise<Ended> => groups(`--bootstrap-server localhost:1 ${line}`);
const message = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof JavaException) return error.message;
    throw error;
  }
  throw new Error("it was understood");
};

const SCOPE = "takes one of these options: [group], [all-groups]";
const WARNING =
  "WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will require either --dry-run or --execute to be specified. " +
  "You should add the --dry-run option explicitly if you are scripting this command and want to keep the current default behavior without prompting.";

describe("what kafka-consumer-groups is not to do", () => {
  test.each([
    ["--describe", `Option [describe] ${SCOPE}`],
    ["--delete", `Option [delete] ${SCOPE}`],
    ["--reset-offsets --dry-run", `Option [reset-offsets] ${SCOPE}`],
    ["--describe --group a --members --state", "Option [describe] takes at most one of these options: [members], [offsets], [state]"],
    ["--describe --group a --state Stable", "Option [describe] does not take a value for [state]"],
    ["--delete --group a --topic t", "The consumer does not support topic-specific offset deletion from a consumer group."],
    ["--delete-offsets --group a", "Option [delete-offsets] takes the following options: [group], [topic]"],
    ["--delete-offsets --topic t", "Option [delete-offsets] takes the following options: [group], [topic]"],
    ["--reset-offsets --group a --dry-run --execute", "Option [reset-offsets] only accepts one of [execute] and [dry-run]"],
    ["--reset-offsets --group a --dry-run --to-offset 1 --to-latest", `Option "[to-offset]" can't be used with option "[to-latest]"`],
    ["--reset-offsets --group a --dry-run --from-file f --shift-by 1", `Option "[shift-by]" can't be used with option "[from-file]"`],
    ["--describe --group a --all-groups", `Option "[group]" can't be used with option "[all-groups]"`],
    ["--list --group a", `Option "[group]" can't be used with option "[list]"`],
    ["--list --topic t", `Option "[topic]" can't be used with option "[list]"`],
    ["--describe --group a --topic t", `Option "[topic]" can't be used with option "[describe]"`],
    [
      "--list --describe --all-groups",
      "Command must include exactly one action: --list, --describe, --delete, --reset-offsets, --delete-offsets, --validate-regex",
    ],
    ["--group a", "Command must include exactly one action: --list, --describe, --delete, --reset-offsets, --delete-offsets, --validate-regex"],
    [
      "--list --state Stable,Bogus",
      "Invalid state list 'Stable,Bogus'. Valid states are: Dead, Reconciling, Assigning, CompletingRebalance, Stable, Empty, PreparingRebalance",
    ],
    ["--list --type share", "Invalid types list 'share'. Valid types are: Consumer, Classic"],
  ])("%s is refused with the help", async (line, complaint) => {
    const { code, stdout, stderr } = await atNoCluster(line);
    expect([code, stdout, stderr.split("\n").slice(0, 2)]).toEqual([1, "", [complaint, expect.stringMatching(/^Option +Description +$/)]]);
  });

  it("needs a cluster", async () => {
    const { code, stderr } = await groups("--list");
    expect([code, stderr.split("\n")[0]]).toEqual([1, 'Missing required argument "[bootstrap-server]"']);
  });

  it("warns where a reset is neither planned nor executed by the words of the command", async () => {
    const { code, stderr } = await atNoCluster("--reset-offsets");
    expect([code, stderr.split("\n").slice(0, 2)]).toEqual([1, [WARNING, `Option [reset-offsets] ${SCOPE}`]]);
  });

  test.each([
    ["--list --members", "joptsimple.UnavailableOptionException: Option(s) [members] are unavailable given other options on the command line"],
    ["--describe --group a --type", "joptsimple.UnavailableOptionException: Option(s) [type] are unavailable given other options on the command line"],
    ["--nope", "joptsimple.UnrecognizedOptionException: nope is not a recognized option"],
  ])("%s ends it as an error of the program would", async (line, error) => {
    expect(await atNoCluster(line)).toEqual({ code: 1, stdout: "", stderr: `Exception in thread "main" ${error}\n` });
  });

  test.each([
    ["--list --timeout x", "timeout", "x"],
    ["--list --shift-by 1.5", "shift-by", "1.5"],
    ["--list --to-offset z", "to-offset", "z"],
  ])("%s is no usage error: it fails as the cluster would", async (line, option, value) => {
    const cause = `java.lang.NumberFormatException: For input string: "${value}"`;
    const failure = `Cannot parse argument '${value}' of option ${option}`;
    expect(await atNoCluster(line)).toEqual({
      code: 0,
      stdout: `\nError: Executing consumer group command failed due to ${failure}\n`,
      stderr: `joptsimple.OptionArgumentConversionException: ${failure}\nCaused by: joptsimple.internal.ReflectionException: ${cause}\nCaused by: ${cause}\n`,
    });
  });

  it("misses a file of properties", async () => {
    const cause = "java.nio.file.NoSuchFileException: missing.properties";
    expect(await atNoCluster("--list --command-config missing.properties")).toEqual({
      code: 0,
      stdout: `\nError: Executing consumer group command failed due to ${cause}\n`,
      stderr: `java.lang.RuntimeException: ${cause}\nCaused by: ${cause}\n`,
    });
  });

  it("says that nobody could be asked, after the time that it was given", async () => {
    const { code, stdout } = await atNoCluster("--list --timeout 200");
    const cause = "java.util.concurrent.ExecutionException: org.apache.kafka.common.KafkaException: Failed to find brokers to send ListGroups";
    expect([code, stdout]).toEqual([0, `\nError: Executing consumer group command failed due to ${cause}\n`]);
  });
});

describe("--validate-regex", () => {
  test.each([
    ["orders.*", "valid"],
    [String.raw`a.*b\d[[:alpha:]]\pL(?P<n>x){1,1000}`, "valid"],
    ["a(b", "invalid: missing closing )"],
    ["a)b", "invalid: regexp/syntax: internal error"],
    ["(?=a)", "invalid: invalid or unsupported Perl syntax"],
    ["a**", "invalid: invalid nested repetition operator"],
    ["[b-a]", "invalid: invalid character class range"],
    ["\\", "invalid: trailing backslash at end of expression"],
  ])("%s", async (regex, verdict) => {
    const stdout = `The regular expression \`${regex}\` is ${verdict}.\n`;
    expect(await runTool(kafkaConsumerGroups, ["--validate-regex", regex])).toEqual({ code: 0, stdout, stderr: "" });
  });

  it("takes one", async () => {
    const { code, stderr } = await groups("--validate-regex a --validate-regex b");
    expect([code, stderr.split("\n")[0]]).toEqual([1, "Found multiple arguments for option validate-regex, but you asked for only one"]);
  });
});

describe("a time to which offsets are reset", () => {
  test.each([
    ["1970-01-01T00:00:01.000", 1000],
    ["1970-01-01T00:00:01.5", 1005],
    ["1970-01-01T00:00:01.005Z", 1005],
    ["1970-01-01T02:00:00.000+02:00", 0],
    ["1970-01-01T02:00:00.000+02", 0],
    ["1969-12-31T22:30:00.000-01:30", 0],
    ["2026-2-28T23:59:59.999", Date.UTC(2026, 1, 28, 23, 59, 59, 999)],
  ])("%s", (text, timestamp) => {
    expect(timestampOf(text)).toBe(timestamp);
  });

  test.each([
    ["2026-01-01", "java.text.ParseException: Error parsing timestamp. It does not contain a 'T' according to ISO8601 format"],
    ["2026-01-01T10:00:00", 'java.text.ParseException: Unparseable date: "2026-01-01T10:00:00Z"'],
    ["2026-02-30T10:00:00.000", 'java.text.ParseException: Unparseable date: "2026-02-30T10:00:00.000Z"'],
    ["2026-01-01T24:00:00.000Z", 'java.text.ParseException: Unparseable date: "2026-01-01T24:00:00.000Z"'],
  ])("%s is none", (text, complaint) => {
    expect(message(() => timestampOf(text))).toBe(complaint);
  });

  test.each([
    ["PT1S", 1000],
    ["P1DT2H3M4.5S", 93_784_500],
    ["-PT1M", -60_000],
    ["PT-0.5S", -500],
    ["pt1h", 3_600_000],
    ["P-1D", -86_400_000],
  ])("a while ago: %s", (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  test.each(["P", "PT", "P1DT", "1D", "PT1D", "P1H", ""])("%j is no duration", (text) => {
    expect(message(() => durationMs(text))).toBe("Text cannot be parsed to a Duration");
  });
});

describe("a file of offsets", () => {
  let path: string;
  beforeAll(() => {
    path = join(mkdtempSync(join(tmpdir(), "samsa-tools-")), "plan.csv");
  });
  afterAll(() => rmSync(path, { force: true }));

  const plan = (text: string, ...ids: readonly string[]): Record<string, readonly unknown[]> => {
    writeFileSync(path, text);
    return Object.fromEntries(readResetPlan(path, ids));
  };

  it("names no group where there is one alone", () => {
    const both = [
      { topic: "orders", partition: 0, offset: 5 },
      { topic: "orders", partition: 1, offset: 6 },
    ];
    expect(plan("orders,0,5\norders,1,6\n\n", "g")).toEqual({ g: both });
  });

  it("names groups else", () => {
    const text = 'g,orders,0,5\n"a ""b""",orders, 1,6\r\n';
    const expected = { g: [{ topic: "orders", partition: 0, offset: 5 }], 'a "b"': [{ topic: "orders", partition: 1, offset: 6 }] };
    expect(plan(text, "g", "h")).toEqual(expected);
    expect(plan(text, "g")).toEqual(expected);
    expect(plan(text)).toEqual(expected);
    expect(plan("orders,0,5", "g", "h")).toEqual({ orders: [{ topic: "0", partition: 5, offset: 0 }] });
    expect(plan("orders,a,5", "g")).toEqual({ orders: [{ topic: "a", partition: 5, offset: 0 }] });
  });

  it("is refused where a number is none, too much is there, or nothing", () => {
    const notANumber =
      'com.fasterxml.jackson.databind.exc.InvalidFormatException: Cannot deserialize value of type `int` from String "1.5": not a valid `int` value';
    expect(message(() => plan("g,orders,1.5,5", "g"))).toBe(notANumber);
    expect(message(() => plan("orders,0,5\n\norders,1,5", "g"))).toContain("No content to map");
    expect(message(() => plan("", "g"))).toContain("No content to map");
    expect(message(() => plan("g,orders,0,5,6", "g"))).toContain("Too many entries");
    expect(message(() => readResetPlan("missing.csv", ["g"]))).toBe("java.io.IOException: Unable to read file missing.csv");
  });

  it("is written with quotation marks where they are needed, and where a name is long", () => {
    const long = "a-topic-of-twenty-five-ch";
    expect([csvLine(["orders.a_b-c", 0, 5]), csvLine(["a,b", 0, 5]), csvLine(['a "b"', 1]), csvLine([long, 1]), csvLine([long.slice(1), 1])]).toEqual([
      "orders.a_b-c,0,5\n",
      '"a,b",0,5\n',
      '"a ""b""",1\n',
      `"${long}",1\n`,
      `${long.slice(1)},1\n`,
    ]);
  });
});

test("a warning is a line of Kafka's log", () => {
  expect(warning("it is so", new Date(2026, 0, 2, 3, 4, 5, 6))).toBe("[2026-01-02 03:04:05,006] WARN it is so (org.apache.kafka.tools.OffsetsUtils)\n");
});
