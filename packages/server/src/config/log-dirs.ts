import type { LogDirConfig } from "@samsa/broker";

/** A node's log directories. The first has the metadata log, whether or not it has partitions. */
export interface LogDirs {
  readonly first: string;
  readonly further: readonly string[];
  /** Those that partitions are put into, in the order of the configuration. */
  readonly ofPartitions: readonly LogDirConfig[];
}

/** Said of `key`. */
export interface LogDirsProblem {
  readonly key: "log.dirs" | "log.dir" | "metadata.log.dir";
  readonly problem: string;
}

/** As many as a path's prefix can name, and more than any host has disks. */
const LOG_DIRS_MAX = 100;

/** `log.dirs`, else `log.dir`, with `metadata.log.dir`, which need not be among them. */
export function readLogDirs(keys: {
  readonly logDirs: string | undefined;
  readonly logDir: string;
  readonly metadataLogDir: string | undefined;
}): LogDirs | LogDirsProblem {
  const key = keys.logDirs === undefined ? "log.dir" : "log.dirs";
  const named = (keys.logDirs ?? keys.logDir).split(",").map((path) => path.trim());
  const paths = named.map(withoutSlash);
  if (paths.includes("")) return { key, problem: "must name a directory, or several with commas between them" };
  if (new Set(paths).size < paths.length) return { key, problem: "names a directory twice" };
  if (paths.length > LOG_DIRS_MAX) return { key, problem: `names more than ${LOG_DIRS_MAX} directories` };
  const metadata = withoutSlash(keys.metadataLogDir ?? paths[0] ?? "");
  if (metadata === "") return { key: "metadata.log.dir", problem: "must name a directory" };
  const all = [metadata, ...paths.filter((path) => path !== metadata)];
  const [first = metadata, ...further] = all;
  return { first, further, ofPartitions: paths.map((path) => ({ index: all.indexOf(path), path })) };
}

const withoutSlash = (path: string): string => path.trim().replace(/(?<=.)\/+$/, "");
