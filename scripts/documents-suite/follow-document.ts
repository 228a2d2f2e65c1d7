import { setTimeout as delay } from "node:timers/promises";
import type { StepList } from "../step-list.ts";
import { DocumentError, type Passage } from "./passages.ts";
import { endOfTold, isAsTold, type Told } from "./expected-output.ts";
import { ownPart } from "./run-elsewhere.ts";
import { Terminal } from "./terminal.ts";
import type { WorkingCopy } from "./working-copy.ts";

const COMMAND_TIMEOUT_MS = 60_000;
const LOOK_TIMEOUT_MS = 60_000;
const LOOK_INTERVAL_MS = 100;
/** What has printed its last line may be about to end. */
const SETTLE_TIMEOUT_MS = 2_000;
const SHOWN_LINES_MAX = 60;
const MAIN = "";

type Command = Extract<Passage, { readonly type: "command" }>;
type Place = Pick<WorkingCopy, "directory" | "env" | "besides">;

/** Does what a document says, in its order, and looks whether there is to be seen what it says. */
export class FollowedDocument {
  private readonly name: string;
  private readonly copy: Place;
  private readonly suite: StepList;
  private readonly terminals = new Map<string, Terminal>();
  /** By terminal: what was typed last, and no Ctrl-C has ended. How it ends is yet to be looked at. */
  private readonly typed = new Map<string, Command>();

  constructor(name: string, copy: Place, suite: StepList) {
    this.name = name;
    this.copy = copy;
    this.suite = suite;
  }

  /** A step for each command, and for each look into a terminal. Once the signal is aborted, nothing is begun. */
  async follow(passages: readonly Passage[], signal: AbortSignal): Promise<void> {
    for (const [index, passage] of passages.entries()) {
      const next = passages[index + 1];
      const step = this.stepOf(passage, next?.type === "output" && next.terminal === undefined ? next : undefined);
      if (step !== undefined) await this.suite.step(`${this.name}:${passage.line} ${step.title}`, step.run, signal);
    }
    if (this.typed.size > 0) await this.suite.step(`${this.name} what has ended in its terminals ended as told`, () => this.endsAreAsTold(), signal);
  }

  /** Ends what runs in its terminals. */
  async close(): Promise<void> {
    for (const terminal of this.terminals.values()) await terminal.close();
  }

  private stepOf(passage: Passage, told: Told | undefined): { readonly title: string; readonly run: () => Promise<void> } | undefined {
    switch (passage.type) {
      case "command": {
        const block = ownPart(passage.text);
        return block === undefined ? undefined : { title: titleOf(block), run: () => this.command(passage, block, told) };
      }
      case "output": {
        const { terminal } = passage;
        return terminal === undefined ? undefined : { title: `appears in terminal ${terminal}`, run: () => this.appears(terminal, passage) };
      }
      case "interrupt":
        return { title: `Ctrl-C in terminal ${passage.terminal}`, run: () => this.interrupt(passage.terminal) };
    }
  }

  private async command(command: Command, block: string, told: Told | undefined): Promise<void> {
    const terminal = this.terminal(command.terminal ?? MAIN);
    if (!(await terminal.until(() => !terminal.isRunning, COMMAND_TIMEOUT_MS))) throw new Error("what was typed before does not end");
    if (command.terminal !== undefined) {
      this.endIsAsTold(command.terminal);
      terminal.type(block);
      this.typed.set(command.terminal, command);
      if (told !== undefined) await this.appears(command.terminal, told);
      return;
    }
    const endMs = performance.now() + LOOK_TIMEOUT_MS;
    for (;;) {
      const { printed, exitCode } = await ended(terminal, block);
      const isAs = exitCode === command.exitCode && (told === undefined || isAsTold(told, printed));
      if (isAs) return;
      if (!command.isRepeated || performance.now() > endMs)
        throw new Error(
          `exit code ${exitCode}, told was ${command.exitCode}; it printed:\n${endOf(printed)}${told === undefined ? "" : `\ntold was:\n${told.text}`}`,
        );
      await delay(LOOK_INTERVAL_MS);
    }
  }

  private async appears(name: string, told: Told): Promise<void> {
    const terminal = this.terminal(name);
    const from = terminal.seen;
    const found = (): number | undefined => endOfTold(told, terminal.printed, from);
    if (!(await terminal.until(() => found() !== undefined, LOOK_TIMEOUT_MS)))
      throw new Error(`terminal ${name} shows:\n${endOf(terminal.printedFrom(from))}\ntold was:\n${told.text}`);
    terminal.seen = found() ?? from;
  }

  private async interrupt(name: string): Promise<void> {
    const terminal = this.terminal(name);
    if (!terminal.isRunning) throw new Error(`nothing runs in terminal ${name} any more; it shows:\n${endOf(terminal.printedFrom(0))}`);
    this.typed.delete(name);
    terminal.interrupt();
    if (!(await terminal.until(() => !terminal.isRunning, COMMAND_TIMEOUT_MS))) throw new Error(`Ctrl-C does not end what runs in terminal ${name}`);
  }

  /** Of what the reader is not told to end, and that has ended by itself. What the document says to fail is waited for. */
  private async endsAreAsTold(): Promise<void> {
    for (const [name, { line, exitCode }] of this.typed) {
      const terminal = this.terminal(name);
      const hasEnded = await terminal.until(() => !terminal.isRunning, exitCode === 0 ? SETTLE_TIMEOUT_MS : COMMAND_TIMEOUT_MS);
      if (!hasEnded && exitCode !== 0) throw new DocumentError(`${this.name}:${line}`, `the block runs on, so that nobody sees its exit code ${exitCode}`);
      if (hasEnded) this.endIsAsTold(name);
    }
  }

  /** What was typed in a terminal has ended. */
  private endIsAsTold(name: string): void {
    const command = this.typed.get(name);
    if (command === undefined) return;
    this.typed.delete(name);
    const terminal = this.terminal(name);
    const { exitCode } = terminal;
    if (exitCode === command.exitCode) return;
    throw new Error(
      `what line ${command.line} types in terminal ${name} ended with ${exitCode ?? "its shell"}, told was ${command.exitCode}:\n${endOf(terminal.printedFrom(0))}`,
    );
  }

  private terminal(name: string): Terminal {
    const terminal = this.terminals.get(name) ?? new Terminal(this.copy.directory, this.copy.env, this.copy.besides);
    this.terminals.set(name, terminal);
    return terminal;
  }
}

async function ended(terminal: Terminal, block: string): Promise<{ readonly printed: string; readonly exitCode: number | undefined }> {
  terminal.type(block);
  const from = terminal.seen;
  await terminal.until(() => !terminal.isRunning, COMMAND_TIMEOUT_MS);
  return { printed: terminal.printedFrom(from), exitCode: terminal.exitCode };
}

/** What a reader of a failure needs of it. */
const endOf = (printed: string): string => printed.split("\n").slice(-SHOWN_LINES_MAX).join("\n");

/** The first command of a block that does something. */
const titleOf = (block: string): string =>
  block
    .split("\n")
    .find((line) => !/^ *(#|export |$)/.test(line))
    ?.split(/ +# /)[0] ?? block;
