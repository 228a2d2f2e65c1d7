import type { ToolIo } from "../tool.ts";

/** Characters that may wait; whoever makes more is to wait itself. */
const WAITING_MAX = 65_536;

/** Lines to stdout, no quicker than they are taken. */
export class OutputLines {
  private readonly io: ToolIo;
  private waiting = "";
  private writing: Promise<void> | undefined;
  private isRead = true;

  constructor(io: ToolIo) {
    this.io = io;
  }

  /** An event of a verifiable tool as JSON, with the time before it; `end` is JSON of its last fields. */
  event(name: string, fields: object = {}, end = ""): void {
    const json = JSON.stringify({ timestamp: Date.now(), name, ...fields });
    this.waiting += `${end === "" ? json : `${json.slice(0, -1)},${end}}`}\n`;
    this.writing ??= this.write();
  }

  /** Resolves when there is room for more; false: nobody reads them any more. */
  async room(): Promise<boolean> {
    while (this.waiting.length > WAITING_MAX && this.writing !== undefined) await this.writing;
    return this.isRead;
  }

  /** Resolves when all of them were taken, or nobody reads them. */
  async end(): Promise<void> {
    while (this.writing !== undefined) await this.writing;
  }

  private async write(): Promise<void> {
    // What else is said now goes with it.
    await Promise.resolve();
    while (this.waiting !== "" && this.isRead) {
      const text = this.waiting;
      this.waiting = "";
      this.isRead = await this.io.write(Buffer.from(text));
    }
    this.waiting = "";
    this.writing = undefined;
  }
}
