import type { DiskPort, WorldPorts } from "../ports.ts";

type Held = "append" | "sync" | "read" | "rename";

/** A disk that counts what it is asked for, and can hold back appends, syncs and reads, and what became of renames, until told otherwise. */
export class WatchedDisk {
  appends = 0;
  reads = 0;
  readsUnderWay = 0;
  readsUnderWayMax = 0;
  readBytes = 0;
  readBytesMax = 0;
  /** Says which operations are held back from now on, by name and path. */
  holds: (operation: Held, path: string) => boolean = () => false;
  private held: (() => void)[] = [];

  get heldCount(): number {
    return this.held.length;
  }

  /** Performs all that is held, and holds nothing any more. */
  letGo(): void {
    this.holds = () => false;
    for (const perform of this.held.splice(0)) perform();
  }

  decorate(ports: WorldPorts): WorldPorts {
    const { clock, network, trace, seed, bootId } = ports;
    return { clock, network, trace, seed, bootId, exit: (code, reason) => ports.exit(code, reason), disk: this.decorateDisk(ports.disk) };
  }

  private decorateDisk(disk: DiskPort): DiskPort {
    return {
      append: (place, buffers, done) => {
        this.appends++;
        this.hold("append", place.path, () => disk.append(place, buffers, done));
      },
      sync: (path, done, isUrgent) => this.hold("sync", path, () => disk.sync(path, done, isUrgent)),
      read: this.watchReads((path, position, length, done) => disk.read(path, position, length, done)),
      readToSend: this.watchReads((path, position, length, done) => disk.readToSend(path, position, length, done)),
      syncDirectory: (path, done, isUrgent) => disk.syncDirectory(path, done, isUrgent),
      truncate: (path, length, done, isUrgent) => disk.truncate(path, length, done, isUrgent),
      rename: (from, to, done) => disk.rename(from, to, (outcome) => this.hold("rename", from, () => done(outcome))),
      delete: (path, done) => disk.delete(path, done),
      list: (path, done) => disk.list(path, done),
      statVolume: (path, done) => disk.statVolume(path, done),
      makeDirectory: (path, done) => disk.makeDirectory(path, done),
    };
  }

  private watchReads(read: DiskPort["read"]): DiskPort["read"] {
    return (path, position, length, done) => {
      this.countRead(length);
      const perform = (): void =>
        read(path, position, length, (outcome) => {
          this.readsUnderWay--;
          done(outcome);
        });
      this.hold("read", path, perform);
    };
  }

  private countRead(length: number): void {
    this.reads++;
    this.readsUnderWay++;
    this.readsUnderWayMax = Math.max(this.readsUnderWayMax, this.readsUnderWay);
    this.readBytes += length;
    this.readBytesMax = Math.max(this.readBytesMax, length);
  }

  private hold(operation: Held, path: string, perform: () => void): void {
    if (this.holds(operation, path)) this.held.push(perform);
    else perform();
  }
}
