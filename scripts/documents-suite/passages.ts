/** What a document says that its reader does and sees, in its order. */
export type Passage =
  /** A `sh` block. In a terminal of its own it goes on while the reader reads on. */
  | {
      readonly type: "command";
      readonly line: number;
      readonly text: string;
      readonly terminal: string | undefined;
      readonly exitCode: number;
      /** The reader is told to look again until it looks as below. */
      readonly isRepeated: boolean;
    }
  /** A `text` block: what the command before it prints, or what appears in a terminal. */
  | {
      readonly type: "output";
      readonly line: number;
      readonly text: string;
      readonly terminal: string | undefined;
      /** Its numbers are those of one run. */
      readonly isOfOneRun: boolean;
    }
  | { readonly type: "interrupt"; readonly line: number; readonly terminal: string };

/** A document that says what can't be followed; `at` is `file:line`. */
export class DocumentError extends Error {
  readonly code = "BAD_DOCUMENT";

  constructor(at: string, problem: string) {
    super(`${at}: ${problem}`);
  }
}

interface Marks {
  terminal?: string;
  exitCode?: number;
  isRepeated?: boolean;
  isOfOneRun?: boolean;
}

interface Reading {
  readonly name: string;
  readonly passages: Passage[];
  /** Of the block to come. */
  marks: Marks;
}

/** Fences that hold commands, too, and would not be run. */
const OTHER_SHELLS = /^(bash|console|shell|shell-session|zsh|shellscript)$/;

/**
 * The commands of a Markdown document. Comments before a block, which no reader sees, say what a reader knows:
 *
 *     <!-- terminal watch -->      the block is typed in another terminal, or (a text block) appears there
 *     <!-- Ctrl-C in watch -->     ends what runs there
 *     <!-- look until so -->       the block is run again until it prints what follows
 *     <!-- numbers vary -->        what is printed has other numbers each time
 *     <!-- exit code 1 -->         how the block ends, where that is not 0
 *
 * Throws `DocumentError` for a comment or a block that it does not understand, and for a comment that nobody could look at.
 */
export function passagesOf(name: string, markdown: string): readonly Passage[] {
  const reading: Reading = { name, passages: [], marks: {} };
  const lines = markdown.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const text = lines[index] ?? "";
    const [, fence, language = ""] = /^ *(```+)([\w-]*)/.exec(text) ?? [];
    const [, comment] = /^<!-- (.*) -->$/.exec(text) ?? [];
    if (comment !== undefined) readComment(reading, comment, index + 1);
    else if (fence !== undefined) {
      const end = lines.findIndex((line, at) => at > index && line.trim() === fence);
      if (end < 0) throw new DocumentError(`${name}:${index + 1}`, "the block has no end");
      readBlock(reading, { language, line: index + 1, text: lines.slice(index + 1, end).join("\n") });
      index = end;
    } else if (text.trim() !== "" && Object.keys(reading.marks).length > 0)
      throw new DocumentError(`${name}:${index + 1}`, "a comment must stand right before its block");
  }
  return reading.passages;
}

function readComment(reading: Reading, comment: string, line: number): void {
  const [, terminal] = /^terminal (\w+)$/.exec(comment) ?? [];
  const [, interrupted] = /^Ctrl-C in (\w+)$/.exec(comment) ?? [];
  const [, exitCode] = /^exit code (\d+)$/.exec(comment) ?? [];
  if (interrupted !== undefined) readInterrupt(reading, interrupted, line);
  else if (terminal !== undefined) reading.marks.terminal = terminal;
  else if (exitCode !== undefined) reading.marks.exitCode = Number(exitCode);
  else if (comment === "look until so") reading.marks.isRepeated = true;
  else if (comment === "numbers vary") reading.marks.isOfOneRun = true;
  else throw new DocumentError(`${reading.name}:${line}`, `the comment ${JSON.stringify(comment)} is not understood`);
}

/** What a Ctrl-C ends has no exit code that a document could tell. */
function readInterrupt({ name, passages }: Reading, terminal: string, line: number): void {
  const ended = passages.findLast((passage) => passage.type === "command" && passage.terminal === terminal);
  if (ended?.type === "command" && ended.exitCode !== 0)
    throw new DocumentError(`${name}:${line}`, `the block of line ${ended.line} is said to end by itself, with exit code ${ended.exitCode}`);
  passages.push({ type: "interrupt", line, terminal });
}

function readBlock(reading: Reading, { language, line, text }: { readonly language: string; readonly line: number; readonly text: string }): void {
  const { name, passages, marks } = reading;
  reading.marks = {};
  const at = `${name}:${line}`;
  const { terminal, exitCode = 0, isRepeated = false, isOfOneRun = false } = marks;
  if (OTHER_SHELLS.test(language)) throw new DocumentError(at, `a block of ${language} is not run; say sh`);
  if (terminal !== undefined && isRepeated) throw new DocumentError(at, "what runs in a terminal of its own is not run again");
  if (language === "text" && marks.exitCode !== undefined) throw new DocumentError(at, "a text has no exit code");
  if (language === "sh") return void passages.push({ type: "command", line, text, terminal, exitCode, isRepeated });
  if (language === "text") {
    if (terminal === undefined && passages.at(-1)?.type !== "command") throw new DocumentError(at, "it is no command that this text follows");
    return void passages.push({ type: "output", line, text, terminal, isOfOneRun });
  }
  if (Object.keys(marks).length > 0) throw new DocumentError(at, "this block is neither run nor compared, so no comment concerns it");
}
