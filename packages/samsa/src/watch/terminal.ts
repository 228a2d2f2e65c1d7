import { styleText } from "node:util";
import type { ScreenLine, ScreenSize, Tone } from "./screen.ts";

const ENTER = "\u001B[?1049h\u001B[?25l";
const LEAVE = "\u001B[?25h\u001B[?1049l";
const HOME = "\u001B[H";
const CLEAR_LINE = "\u001B[K";
const CLEAR_BELOW = "\u001B[J";
const CTRL_C = "\u0003";
const SIZE_UNKNOWN: ScreenSize = { rows: 24, columns: 80 };

const STYLES: Readonly<Record<Tone, Parameters<typeof styleText>[0] | undefined>> = {
  plain: undefined,
  head: "bold",
  bad: "red",
  doubtful: "yellow",
  faint: "dim",
};

/** The alternate screen of a terminal, and the one key that matters. Whatever ends it, the terminal is as it was. */
export class Terminal implements Disposable {
  private readonly out: NodeJS.WriteStream;
  private readonly keys: NodeJS.ReadStream;
  private readonly leave: () => void;
  private isOpen = true;
  private readonly restore = (): void => {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.out.write(LEAVE);
  };
  private readonly key = (chunk: Buffer): void => {
    const text = chunk.toString("latin1");
    if (text.includes("q") || text.includes(CTRL_C)) this.leave();
  };

  /** `leave` is called when the user wants to. */
  constructor(out: NodeJS.WriteStream, keys: NodeJS.ReadStream, leave: () => void) {
    this.out = out;
    this.keys = keys;
    this.leave = leave;
    out.write(ENTER);
    process.on("exit", this.restore);
    if (!keys.isTTY) return;
    keys.setRawMode(true);
    keys.on("data", this.key);
  }

  get size(): ScreenSize {
    const { rows, columns } = this.out;
    return rows > 0 && columns > 0 ? { rows, columns } : SIZE_UNKNOWN;
  }

  /** In one write, line by line over what was there: nothing flickers. */
  show(lines: readonly ScreenLine[]): void {
    if (this.isOpen) this.out.write(`${HOME}${lines.map((line) => `${this.styled(line)}${CLEAR_LINE}`).join("\r\n")}${CLEAR_BELOW}`);
  }

  [Symbol.dispose](): void {
    process.off("exit", this.restore);
    this.restore();
    if (!this.keys.isTTY) return;
    this.keys.off("data", this.key);
    this.keys.setRawMode(false);
    this.keys.pause();
  }

  /** `styleText` honours NO_COLOR, and what the stream can show. */
  private styled({ text, tone }: ScreenLine): string {
    const style = STYLES[tone];
    return style === undefined ? text : styleText(style, text, { stream: this.out });
  }
}
