import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mayBeRunning, ownIdentity, type ProcessIdentity } from "@samsa/world-node";

const FILE = /^kafkaServer\.\d+\.pid$/;

/** Which servers run that were started from one directory: each has a file in its directory of logs, as long as it runs. */
export class RunningServers {
  private readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** This process is one of them, until the result is called. */
  register(): () => void {
    mkdirSync(this.directory, { recursive: true });
    const path = join(this.directory, `kafkaServer.${process.pid}.pid`);
    writeFileSync(path, JSON.stringify(ownIdentity()));
    return () => rmSync(path, { force: true });
  }

  /** Their process ids. The file of a process that ended without a word goes: its id may be somebody else's by now. */
  list(): readonly number[] {
    const files = this.files();
    return files.flatMap((file) => {
      const path = join(this.directory, file);
      const identity = readIdentity(path);
      if (identity !== undefined && mayBeRunning(identity)) return [identity.pid];
      rmSync(path, { force: true });
      return [];
    });
  }

  private files(): readonly string[] {
    try {
      return readdirSync(this.directory).filter((file) => FILE.test(file));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
      throw error;
    }
  }
}

/** Undefined: it has gone meanwhile, or says nothing. */
function readIdentity(path: string): ProcessIdentity | undefined {
  try {
    const said: unknown = JSON.parse(readFileSync(path, "utf8"));
    const isWhole = typeof said === "object" && said !== null && ["pid", "host", "bootId", "startedAt"].every((key) => key in said);
    return isWhole ? (said as ProcessIdentity) : undefined;
  } catch {
    return undefined;
  }
}
