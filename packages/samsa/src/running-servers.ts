import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { ownIdentity, type ProcessIdentity, processState } from "@samsa/world-node";

const FILE = /^kafkaServer\.\d+\.pid$/;

/** One of them, as `kafka-server-stop` can name it. */
export interface RunningServer {
  readonly pid: number;
  /** Undefined: it was started by a version that did not say. */
  readonly nodeId: number | undefined;
  /** As `process.roles` has them: `broker,controller`. */
  readonly roles: string | undefined;
}

/** Which servers run that were started from one directory: each has a file in its directory of logs, as long as it runs. */
export class RunningServers {
  private readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** This process is one of them, until the result is called. */
  register(server: Omit<RunningServer, "pid">): () => void {
    mkdirSync(this.directory, { recursive: true });
    const path = join(this.directory, `kafkaServer.${process.pid}.pid`);
    writeFileSync(path, JSON.stringify({ ...ownIdentity(), ...server }));
    return () => rmSync(path, { force: true });
  }

  /**
   * All of them that run on this host: another one's can't be seen from here, and their ids may be anybody's here. The file of a process that ended without a
   * word goes, for the same reason.
   */
  list(): readonly (ProcessIdentity & RunningServer)[] {
    return this.files().flatMap((file) => {
      const path = join(this.directory, file);
      const server = readServer(path);
      if (server !== undefined && server.host !== hostname()) return [];
      if (server !== undefined && processState(server) !== "gone") return [server];
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
function readServer(path: string): (ProcessIdentity & RunningServer) | undefined {
  try {
    const said: unknown = JSON.parse(readFileSync(path, "utf8"));
    const isWhole = typeof said === "object" && said !== null && ["pid", "host", "bootId", "startedAt"].every((key) => key in said);
    return isWhole ? (said as ProcessIdentity & RunningServer) : undefined;
  } catch {
    return undefined;
  }
}
