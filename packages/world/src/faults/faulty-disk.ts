import type { DiskOperation } from "../fault-plan.ts";
import type { DiskPort, Done } from "../ports.ts";
import { failed } from "../ports.ts";
import type { FaultControl } from "./fault-control.ts";

interface Asked {
  readonly operation: DiskOperation | undefined;
  readonly path: string;
  /** It needs room. */
  readonly grows?: boolean;
}

/**
 * A disk whose operations come late or fail. One that fails has done nothing: a failed sync leaves the data in the page cache
 * here, which is why the machine must not trust a later one that succeeds.
 */
export function faultyDisk(disk: DiskPort, control: FaultControl): DiskPort {
  /** Decides when the operation begins: it holds its place in the file's order until then. */
  const run = <T>({ operation, path, grows = false }: Asked, done: Done<T>, perform: () => void): void => {
    const begin = (): void => {
      const error = control.stateError(path, grows) ?? (operation === undefined ? undefined : control.takeDiskError(operation, path));
      if (error === undefined) return perform();
      control.timer.after(0, () => done(failed(error, `injected into ${operation ?? "change"} of ${path}`)));
    };
    if (control.slowDiskMs === 0) return begin();
    control.fired("slow-disk", `${operation ?? "change"} of ${path}`);
    control.timer.after(control.slowDiskMs, begin);
  };
  return {
    append: (place, buffers, done) => run({ operation: "append", path: place.path, grows: true }, done, () => disk.append(place, buffers, done)),
    sync: (path, done, isUrgent) => run({ operation: "sync", path }, done, () => disk.sync(path, done, isUrgent)),
    syncDirectory: (path, done, isUrgent) => run({ operation: "sync", path }, done, () => disk.syncDirectory(path, done, isUrgent)),
    read: (path, position, length, done) => run({ operation: "read", path }, done, () => disk.read(path, position, length, done)),
    readToSend: (path, position, length, done) => run({ operation: "read", path }, done, () => disk.readToSend(path, position, length, done)),
    truncate: (path, length, done, isUrgent) => run({ operation: "truncate", path }, done, () => disk.truncate(path, length, done, isUrgent)),
    rename: (from, to, done) => run({ operation: undefined, path: from }, done, () => disk.rename(from, to, done)),
    delete: (path, done) => run({ operation: undefined, path }, done, () => disk.delete(path, done)),
    list: (path, done) => run({ operation: undefined, path }, done, () => disk.list(path, done)),
    statVolume: (path, done) => run({ operation: undefined, path }, done, () => disk.statVolume(path, done)),
    makeDirectory: (path, done) => run({ operation: undefined, path, grows: true }, done, () => disk.makeDirectory(path, done)),
  };
}
