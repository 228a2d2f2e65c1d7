import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { sendSignal } from "./send-signal.ts";

/** What commands write to, or what must not point into the clone. */
const COPIED = ["bin", "config", "dist"];
const LEFT_OUT = new Set([".git", ".samsa", "logs", ...COPIED]);
const MARK = "SAMSA_DOCUMENT";
const GONE_TIMEOUT_MS = 15_000;
const LOOK_INTERVAL_MS = 50;

/**
 * The clone as its reader has it after the build, in a temporary directory, for one document: commands may leave files in it. Most of it are
 * symbolic links into the clone itself.
 */
export class WorkingCopy {
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Beside the copy, for what belongs to it and no reader has. */
  readonly besides: string;
  private readonly base: string;

  constructor(clone: string) {
    this.base = mkdtempSync(join(tmpdir(), "samsa-document-"));
    this.directory = join(this.base, "samsa");
    this.besides = join(this.base, "besides");
    for (const directory of [this.directory, this.besides]) mkdirSync(directory);
    for (const name of readdirSync(clone)) if (!LEFT_OUT.has(name)) symlinkSync(resolve(clone, name), join(this.directory, name));
    for (const name of COPIED) cpSync(join(clone, name), join(this.directory, name), { recursive: true });
    const properties = join(this.directory, "config/server.properties");
    // Of a machine's own directory nothing may be lost.
    writeFileSync(properties, readFileSync(properties, "utf8").replace(/^log\.dirs=.*$/m, `log.dirs=${join(this.besides, "kraft-combined-logs")}`));
    const { FORCE_COLOR: _, ...env } = process.env;
    this.env = { ...env, NO_COLOR: "1", TMPDIR: this.besides, [MARK]: this.base };
  }

  /** Ends whatever a document has left running, as its reader would, and then by process id. Gives the latter ones' command lines. */
  async dispose(): Promise<readonly string[]> {
    const run = (...command: readonly string[]): unknown =>
      spawnSync(join(this.directory, "bin", command[0] ?? ""), command.slice(1), { cwd: this.directory, env: this.env, stdio: "ignore" });
    if (existsSync(join(this.directory, ".samsa"))) run("samsa", "down", "--wipe");
    if (existsSync(join(this.directory, "logs"))) run("kafka-server-stop.sh");
    const endMs = performance.now() + GONE_TIMEOUT_MS;
    while (this.running().length > 0 && performance.now() < endMs) await delay(LOOK_INTERVAL_MS);
    const left = this.running();
    for (const { pid } of left) sendSignal(pid, "SIGKILL");
    rmSync(this.base, { recursive: true, force: true });
    return left.map(({ pid, command }) => `${pid} ${command}`);
  }

  /** Every process that was started from here, whatever session it has made for itself: by its environment, where the system shows that (Linux). */
  private running(): readonly { readonly pid: number; readonly command: string }[] {
    if (!existsSync("/proc/self/environ")) return [];
    const mine = `${MARK}=${this.base}\0`;
    return readdirSync("/proc").flatMap((name) => {
      if (!/^\d+$/.test(name) || !`${readQuietly(`/proc/${name}/environ`)}\0`.includes(mine)) return [];
      return [{ pid: Number(name), command: readQuietly(`/proc/${name}/cmdline`).replaceAll("\0", " ").trim() }];
    });
  }
}

/** Processes end while one looks at them. */
function readQuietly(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
