import { expect, test } from "vitest";
import { DocumentError, passagesOf } from "../../scripts/documents-suite/passages.ts";

const FENCE = "```";
const block = (language: string, text: string): string => `${FENCE}${language}\n${text}\n${FENCE}\n`;

test("blocks of sh are commands, and the block of text behind one is what it prints", () => {
  const document = `# A title\n\n${block("sh", "one\ntwo")}\nYou should see:\n\n${block("text", "three")}`;
  expect(passagesOf("a.md", document)).toEqual([
    { type: "command", line: 3, text: "one\ntwo", terminal: undefined, exitCode: 0, isRepeated: false },
    { type: "output", line: 10, text: "three", terminal: undefined, isOfOneRun: false },
  ]);
});

test("comments before a block say where it runs, how it ends, and whether it is run until it prints what is told", () => {
  const document = `<!-- terminal watch -->\n${block("sh", "w")}<!-- look until so -->\n<!-- exit code 1 -->\n\n${block("sh", "l")}<!-- numbers vary -->\n${block("text", "1")}<!-- Ctrl-C in watch -->\n`;
  expect(passagesOf("a.md", document)).toMatchObject([
    { type: "command", terminal: "watch", exitCode: 0 },
    { type: "command", terminal: undefined, exitCode: 1, isRepeated: true },
    { type: "output", terminal: undefined, isOfOneRun: true },
    { type: "interrupt", terminal: "watch" },
  ]);
});

test("blocks of other languages, and what looks like a command within one, are left alone", () => {
  expect(passagesOf("a.md", `${block("ts", "const a = 1;")}${block("", "a diagram")}${FENCE}\`md\n${block("sh", "no")}${FENCE}\`\n`)).toEqual([]);
});

test.each([
  ["a comment that is not known", "<!-- terminal watch please -->\n", "a.md:1: "],
  ["a comment that no block follows", `<!-- exit code 1 -->\nwords\n\n${block("sh", "a")}`, "a.md:2: "],
  ["a comment before a block that is not run", `<!-- exit code 1 -->\n${block("ts", "a")}`, "a.md:2: "],
  ["a shell's block under another name", block("bash", "a"), "a.md:1: "],
  ["text that no command has printed", `${block("sh", "a")}${block("text", "b")}${block("text", "c")}`, "a.md:7: "],
  ["an exit code of what a Ctrl-C ends", `<!-- terminal w -->\n<!-- exit code 1 -->\n${block("sh", "a")}<!-- Ctrl-C in w -->\n`, "a.md:6: "],
  ["an exit code of a text", `${block("sh", "a")}<!-- exit code 1 -->\n${block("text", "b")}`, "a.md:5: "],
  ["a block to be run again in a terminal of its own", `<!-- terminal w -->\n<!-- look until so -->\n${block("sh", "a")}`, "a.md:3: "],
  ["a block without an end", `${FENCE}sh\na\n`, "a.md:1: "],
])("%s is refused, with its line", (_, document, at) => {
  expect(() => passagesOf("a.md", document)).toThrow(DocumentError);
  expect(() => passagesOf("a.md", document)).toThrow(at);
});
