import type { Prng } from "@samsa/stdx";
import { inLogDirectory, placedPath } from "@samsa/world";
import { SimulatedFile } from "./file.ts";

/** Name changes that the kernel keeps for later; the oldest become durable by themselves. */
const UNSYNCED_NAME_CHANGES_MAX = 4096;
const LOST_NAME_CHANGE_PPM = 500_000;

export type Inode = SimulatedFile | Directory;

/** Names as they are, and as the disk has them. */
export class Directory {
  readonly names = new Map<string, Inode>();
  readonly durableNames = new Map<string, Inode>();

  viewOf(view: View): Map<string, Inode> {
    return view === "present" ? this.names : this.durableNames;
  }
}

type View = "present" | "durable";

/** A change of names, atomic: it is durable as a whole or not at all. */
type NameChange =
  | { readonly type: "link"; readonly directory: Directory; readonly name: string; readonly inode: Inode }
  | { readonly type: "unlink"; readonly directory: Directory; readonly name: string; readonly inode: Inode }
  | { readonly type: "rename"; readonly from: Directory; readonly fromName: string; readonly to: Directory; readonly toName: string; readonly inode: Inode };

/** A sync of a directory under way: the changes it will make durable. */
export type DirectoryTicket = ReadonlySet<NameChange>;

interface Place {
  readonly parent: Directory;
  readonly name: string;
}

/** The file system of one host: a tree of names over files, with what of it is durable. No latencies, no errors. */
export class FileSystem {
  private root = new Directory();
  /** Log directories beside the first are disks of their own, there from the beginning, by the first part of their paths. */
  private readonly volumes = new Map<string, Directory>();
  private readonly unsynced = new Set<NameChange>();
  /** What was looked up since the last change of a name. */
  private readonly found = new Map<string, Inode>();

  directory(path: string): Directory | undefined {
    const inode = this.lookUp(path);
    return inode instanceof Directory ? inode : undefined;
  }

  file(path: string): SimulatedFile | undefined {
    const inode = this.lookUp(path);
    return inode instanceof SimulatedFile ? inode : undefined;
  }

  /** Creates it if its directory is there. */
  openOrCreate(path: string): SimulatedFile | undefined {
    const known = this.lookUp(path);
    if (known !== undefined) return known instanceof SimulatedFile ? known : undefined;
    const place = this.place(path);
    if (place === undefined) return undefined;
    const file = new SimulatedFile();
    this.change({ type: "link", directory: place.parent, name: place.name, inode: file });
    return file;
  }

  /** With parents; false where a file is in the way. */
  makeDirectory(path: string): boolean {
    const { root, names } = this.begin(path);
    let at = root;
    for (const name of names) {
      const next = at.names.get(name) ?? new Directory();
      if (!(next instanceof Directory)) return false;
      if (!at.names.has(name)) this.change({ type: "link", directory: at, name, inode: next });
      at = next;
    }
    return true;
  }

  /** Replaces what is there. */
  rename(fromPath: string, toPath: string): boolean {
    const from = this.place(fromPath);
    const to = this.place(toPath);
    const inode = from?.parent.names.get(from.name);
    if (from === undefined || to === undefined || inode === undefined) return false;
    this.change({ type: "rename", from: from.parent, fromName: from.name, to: to.parent, toName: to.name, inode });
    return true;
  }

  delete(path: string): boolean {
    const place = this.place(path);
    const inode = place?.parent.names.get(place.name);
    if (place === undefined || inode === undefined) return false;
    this.change({ type: "unlink", directory: place.parent, name: place.name, inode });
    return true;
  }

  beginSync(directory: Directory): DirectoryTicket {
    const covered = new Set<NameChange>();
    for (const change of this.unsynced) if (concerns(change, directory)) covered.add(change);
    return covered;
  }

  finishSync(ticket: DirectoryTicket): void {
    for (const change of ticket) if (this.unsynced.delete(change)) apply(change, "durable");
  }

  /** Every name change that no sync covered is kept or lost by itself; then every file. */
  losePower(stream: Prng): void {
    for (const change of this.unsynced) if (!stream.chancePpm(LOST_NAME_CHANGE_PPM)) apply(change, "durable");
    this.unsynced.clear();
    this.found.clear();
    for (const volume of [this.root, ...this.volumes.values()]) this.comeBack(volume, stream, new Set());
  }

  /** A new disk. */
  wipe(): void {
    this.root = new Directory();
    this.volumes.clear();
    this.unsynced.clear();
    this.found.clear();
  }

  /** Somebody deletes a directory with all that is in it, for good; no operation of the host's own process may be under way. */
  remove(path: string): void {
    const place = this.place(path);
    const inode = place?.parent.names.get(place.name);
    if (place === undefined || inode === undefined) return;
    // What its process had not synced is written back like everything else on a host that goes on.
    this.finishSync(new Set(this.unsynced));
    this.change({ type: "unlink", directory: place.parent, name: place.name, inode });
    this.finishSync(new Set(this.unsynced));
  }

  /** A new disk in the place of one log directory beside the first. */
  replaceVolume(logDir: number): void {
    this.finishSync(new Set(this.unsynced));
    this.volumes.delete(inLogDirectory(logDir, ""));
    this.found.clear();
  }

  private comeBack(directory: Directory, stream: Prng, seen: Set<Inode>): void {
    directory.names.clear();
    for (const [name, inode] of directory.durableNames) {
      directory.names.set(name, inode);
      // A rename whose unlink was lost leaves two names of one file.
      if (seen.has(inode)) continue;
      seen.add(inode);
      if (inode instanceof Directory) this.comeBack(inode, stream, seen);
      else inode.losePower(stream);
    }
  }

  private change(change: NameChange): void {
    apply(change, "present");
    this.found.clear();
    this.unsynced.add(change);
    if (this.unsynced.size <= UNSYNCED_NAME_CHANGES_MAX) return;
    for (const oldest of this.unsynced) return this.finishSync(new Set([oldest]));
  }

  private lookUp(path: string): Inode | undefined {
    const known = this.found.get(path);
    if (known !== undefined) return known;
    const { root, names } = this.begin(path);
    let inode: Inode | undefined = root;
    for (const name of names) inode = inode instanceof Directory ? inode.names.get(name) : undefined;
    if (inode !== undefined) this.found.set(path, inode);
    return inode;
  }

  private begin(path: string): { readonly root: Directory; readonly names: string[] } {
    const names = partsOf(path);
    const { logDir } = placedPath(path);
    if (logDir === 0) return { root: this.root, names };
    const volume = names.shift() ?? "";
    const root = this.volumes.get(volume) ?? new Directory();
    this.volumes.set(volume, root);
    return { root, names };
  }

  private place(path: string): Place | undefined {
    const parts = partsOf(path);
    const name = parts.pop();
    const parent = this.directory(parts.join("/"));
    return parent === undefined || name === undefined ? undefined : { parent, name };
  }
}

const partsOf = (path: string): string[] => path.split("/").filter((part) => part !== "" && part !== ".");

function concerns(change: NameChange, directory: Directory): boolean {
  return change.type === "rename" ? change.from === directory || change.to === directory : change.directory === directory;
}

/** On the durable view an earlier change may be missing; then this one does what of it still makes sense. */
function apply(change: NameChange, view: View): void {
  if (change.type === "link") change.directory.viewOf(view).set(change.name, change.inode);
  else if (change.type === "unlink") {
    const names = change.directory.viewOf(view);
    if (names.get(change.name) === change.inode) names.delete(change.name);
  } else {
    const names = change.from.viewOf(view);
    if (names.get(change.fromName) === change.inode) names.delete(change.fromName);
    change.to.viewOf(view).set(change.toName, change.inode);
  }
}
