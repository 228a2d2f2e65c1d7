const PREFIX = /^@(\d{1,3})(?:\/(.*))?$/;

/** A path, and which of its node's log directories it lies in; counted from 0, which is the first and has the metadata log. */
export interface PlacedPath {
  readonly logDir: number;
  /** Within that directory; the empty string is the directory itself. */
  readonly path: string;
}

/** The path of a file of another log directory than the first, for an effect: `@2/orders-0`. No topic's name has the sign. */
export function inLogDirectory(logDir: number, path: string): string {
  if (logDir === 0) return path;
  return path === "" ? `@${logDir}` : `@${logDir}/${path}`;
}

/** The inverse. */
export function placedPath(path: string): PlacedPath {
  const match = path.startsWith("@") ? PREFIX.exec(path) : null;
  return match === null ? { logDir: 0, path } : { logDir: Number(match[1]), path: match[2] ?? "" };
}
