import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { NodeEvent } from "../run/node-event.ts";

export interface NodeProcessOptions {
  readonly id: number;
  /** The program that users start; nodes are started by its path, as users do. */
  readonly bundle: string;
  readonly directory: string;
  readonly properties: ReadonlyMap<string, string>;
  readonly areFaultsEnabled: boolean;
  /** A trace costs the node time. Default true. */
  readonly isTraced?: boolean;
  /** For Node, e.g. `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
  /** `ulimit -n` of the process. Default: as here. */
  readonly descriptorsMax?: number;
  readonly onEvent: (event: NodeEvent) => void;
  /** The process is gone, whoever ended it. */
  readonly onEnd: () => void;
}

const LOG_TAIL_LINES = 15;

/** One broker process, killed and started again on the same data. */
export class NodeProcess {
  readonly id: number;
  private readonly options: NodeProcessOptions;
  private child: ChildProcess | undefined;
  private isAskedToEnd = false;
  private firstFailure: string | undefined;
  private ended: Promise<void> = Promise.resolve();

  constructor(options: NodeProcessOptions) {
    this.id = options.id;
    this.options = options;
    mkdirSync(options.directory, { recursive: true });
  }

  get pid(): number | undefined {
    return this.isRunning ? this.child?.pid : undefined;
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** How a process of this node ended for the first time that nobody had asked to, or that ended otherwise than it was asked to. */
  get failure(): string | undefined {
    return this.firstFailure;
  }

  /** How the process ended, whoever ended it. */
  get ending(): string {
    if (this.isRunning || this.child === undefined) return "has not ended";
    return this.child.signalCode === null ? `exit code ${this.child.exitCode}` : `ended by ${this.child.signalCode}`;
  }

  /** What the node has told on stderr. */
  get log(): string {
    return readFileSync(this.logFile, "utf8");
  }

  /** Undefined where the system does not tell. */
  get residentBytes(): number | undefined {
    const { pid } = this;
    if (pid === undefined || process.platform !== "linux") return undefined;
    const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return match === null ? undefined : Number(match[1]) * 1024;
  }

  start(): void {
    const { bundle, properties, directory, areFaultsEnabled, isTraced = true, nodeOptions = [], descriptorsMax, onEvent, onEnd } = this.options;
    const overrides = [...properties].flatMap(([key, value]) => ["--override", `${key}=${value}`]);
    const faults = areFaultsEnabled ? ["--enable-faults"] : [];
    const trace = isTraced ? ["--trace"] : [];
    const log = openSync(this.logFile, "a");
    const command = [process.execPath, ...nodeOptions, bundle, "broker", ...overrides, ...trace, ...faults];
    const [program = "", ...args] = descriptorsMax === undefined ? command : limited(descriptorsMax, command);
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", log],
      cwd: directory,
    });
    closeSync(log);
    this.child = child;
    this.isAskedToEnd = false;
    this.ended = new Promise((resolve) =>
      child.once("close", () => {
        this.firstFailure ??= this.unlooked(child);
        resolve();
        onEnd();
      }),
    );
    if (child.stdout === null) throw new TypeError("the trace of a broker is a pipe");
    createInterface({ input: child.stdout }).on("line", (line) => {
      const event = parseLine(line);
      if (event !== undefined) onEvent(event);
    });
  }

  /** Resolves when the process is gone. */
  async kill(signal: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT"): Promise<void> {
    if (!this.isRunning) return;
    const isEnd = signal === "SIGKILL" || signal === "SIGTERM";
    this.isAskedToEnd ||= isEnd;
    this.child?.kill(signal);
    if (isEnd) await this.ended;
  }

  private unlooked({ exitCode }: ChildProcess): string | undefined {
    if (this.isAskedToEnd && (exitCode ?? 0) === 0) return undefined;
    return `node ${this.id}: ${this.ending}${this.isAskedToEnd ? "" : ", and nobody had asked it to end"}:\n${this.logTail()}`;
  }

  private get logFile(): string {
    return join(this.options.directory, "broker.log");
  }

  private logTail(): string {
    return this.log.trimEnd().split("\n").slice(-LOG_TAIL_LINES).join("\n");
  }
}

/** A process that is killed may leave half a line. */
function parseLine(line: string): NodeEvent | undefined {
  try {
    return JSON.parse(line) as NodeEvent;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The shell becomes the program: its process is the one that is killed. Node raises its soft limit to the hard one, so that both are set. */
const limited = (descriptorsMax: number, command: readonly string[]): readonly string[] => [
  "/bin/sh",
  "-c",
  `ulimit -n ${descriptorsMax} && exec "$@"`,
  "sh",
  ...command,
];
