import { describe, expect, test } from "vitest";
import { endOfTold, isAsTold, type Told } from "../../scripts/documents-suite/expected-output.ts";

const exactly = (text: string): Told => ({ text, isOfOneRun: false });

describe("what a command printed is as it is told", () => {
  test.each([
    ["the same text", "a\nb", "a\nb\n"],
    ["other white space, and none at the ends", "a b\n\nc", "\na\t  b  \n\nc\n\n"],
    ["anything in the place of a gap", "id … of (x|y)", "id 7 of (x|y)"],
    ["nothing in the place of a gap", "a…", "a"],
    ["any lines in the place of a line that is a gap", "a\n…\nz", "a\nb\n\nc\nz"],
    ["no line in its place", "a\n…\nz", "a\nz"],
    ["nothing, told as nothing", "", "\n"],
  ])("%s", (_, told, printed) => {
    expect(isAsTold(exactly(told), printed)).toBe(true);
  });

  test.each([
    ["a line more at the end", "a", "a\nb"],
    ["a line more at the beginning", "b", "a\nb"],
    ["a line less", "a\nb", "a"],
    ["other lines in the place of a gap within one", "a…z", "a\nz"],
    ["an empty line in the middle that is not told", "a\nb", "a\n\nb"],
    ["what a regular expression would take", "a.c", "abc"],
    ["something, told as nothing", "", "a"],
  ])("it is not with %s", (_, told, printed) => {
    expect(isAsTold(exactly(told), printed)).toBe(false);
  });
});

describe("what appears in a terminal", () => {
  test("is found with other lines between, and what comes next is looked for behind it", () => {
    const printed = "x\nnode 1 is gone\ny\nnode 2 leads\nnode 1 is gone\n";
    const end = endOfTold(exactly("node … is gone\nnode 2 leads"), printed, 0);
    expect(printed.slice(end)).toBe("node 1 is gone\n");
    expect(endOfTold(exactly("node 2 leads"), printed, end ?? 0)).toBeUndefined();
  });

  test("is found in whatever order it came, each line once, and none before it has its end", () => {
    expect(endOfTold(exactly("b\na"), "a\nb\nc\n", 0)).toBe(4);
    expect(endOfTold(exactly("a\na"), "a\nb\n", 0)).toBeUndefined();
    expect(endOfTold(exactly("a\na"), "a\nb\na\n", 0)).toBe(6);
    expect(endOfTold(exactly("ab"), "ab", 0)).toBeUndefined();
    expect(endOfTold(exactly("ab"), "ab\n", 0)).toBe(3);
  });
});

test("of a text with the numbers of one run, others will do in their places, and nothing else will", () => {
  const told: Told = { text: "0.021 s  3 brokers (ISR 2 3)\n  127.0.0.1:9092", isOfOneRun: true };
  expect(isAsTold(told, "12.5 s 30 brokers (ISR 1 2)\n 127.0.0.1:19092")).toBe(true);
  expect(isAsTold(told, "soon s 3 brokers (ISR 2 3)\n 127.0.0.1:9092")).toBe(false);
  expect(isAsTold(told, "0.021 s  3 brokers (ISR 2)\n  127.0.0.1:9092")).toBe(false);
  expect(isAsTold({ ...told, isOfOneRun: false }, "12.5 s 30 brokers (ISR 1 2)\n 127.0.0.1:19092")).toBe(false);
});
