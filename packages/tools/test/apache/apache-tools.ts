import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { Ended } from "../run-tool.ts";
import { classOf, jars } from "./apache-tool.ts";

const SOURCE = join(import.meta.dirname, "ApacheTools.java");
const JAVA_OPTIONS = ["-Xmx512m", "-XX:TieredStopAtLevel=1"];

/** Apache Kafka's tools, in one Java machine: one after another. */
export class ApacheTools {
  private readonly java: ChildProcessByStdio<Writable, Readable, null>;
  private readonly answers: AsyncIterator<Buffer>;
  private unread = Buffer.alloc(0);

  constructor() {
    this.java = spawn("java", [...JAVA_OPTIONS, "-cp", `${jars}/*`, SOURCE], { stdio: ["pipe", "pipe", "inherit"] });
    this.answers = this.java.stdout[Symbol.asyncIterator]();
  }

  async run(tool: string, args: readonly string[]): Promise<Ended> {
    const strings = [classOf(tool), ...args, ""].map((text) => Buffer.from(text));
    this.java.stdin.write(Buffer.concat([int(strings.length), ...strings.flatMap((bytes) => [int(bytes.length), bytes])]));
    const code = await this.readInt();
    const stdout = await this.readText();
    return { code, stdout, stderr: await this.readText() };
  }

  async stop(): Promise<void> {
    this.java.kill("SIGKILL");
    if (this.java.exitCode === null && this.java.signalCode === null) await once(this.java, "close");
  }

  private async readInt(): Promise<number> {
    return (await this.read(4)).readInt32BE();
  }

  private async readText(): Promise<string> {
    return (await this.read(await this.readInt())).toString();
  }

  private async read(length: number): Promise<Buffer> {
    while (this.unread.length < length) {
      const { done, value } = await this.answers.next();
      if (done === true) throw new Error("Java has ended");
      this.unread = Buffer.concat([this.unread, value]);
    }
    const bytes = this.unread.subarray(0, length);
    this.unread = this.unread.subarray(length);
    return bytes;
  }
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
