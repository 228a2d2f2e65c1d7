import { decodeUtf8, type NodeId, type Now, parseProperties, type Prng, type Uuid, uuid, uuidFromBytes, ZERO_UUID } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";
import { CheckpointFile } from "./checkpoint-file.ts";
import { FileReader } from "./file-reader.ts";

/** What a data directory says of itself (`meta.properties`). */
export interface Identity {
  readonly directoryId: Uuid;
  /** False: the host lost its page cache since this directory was last vouched for, and unsynced records with it. */
  readonly pageCacheSurvived: boolean;
}

export interface NodeIdentityOptions {
  readonly outbox: Outbox;
  readonly nodeId: NodeId;
  readonly clusterId: string;
  readonly bootId: string;
  readonly prng: Prng;
  /** Of the log directory, as effects name it; the first where left out. */
  readonly directory?: string;
  /** It can't be read or written. Left out: then the process ends. */
  readonly failed?: (detail: string, now: Now) => void;
}

const FILE = "meta.properties";
/** Stands for no boot at all. */
const NOT_VOUCHED_FOR = "";

/**
 * Reads `meta.properties` at start, or makes it in an empty directory. The boot id in it is the one under which the
 * controller last registered this directory as whole. It is renewed only when the controller
 * has registered the loss, and the logs have been read and cut to what is sound:
 *
 *   1. the host loses power, restarts as boot B, and the node starts with A in the file: records may be missing
 *   2. were B written now, a kill before the registration would make the next start look as if nothing was lost
 *
 * An empty directory may be one that was wiped: it is made without a boot id, for the same reason.
 */
export class NodeIdentity {
  private readonly options: NodeIdentityOptions;
  private readonly directory: string;
  private readonly file: CheckpointFile;
  private identity: Identity | undefined;

  constructor(options: NodeIdentityOptions) {
    this.options = options;
    this.directory = options.directory ?? "";
    this.file = new CheckpointFile({ outbox: options.outbox, directory: this.directory, name: FILE, ...this.onFailure });
  }

  load(done: (identity: Identity, now: Now) => void): void {
    const { outbox } = this.options;
    const read = (content: Uint8Array, now: Now): void => (content.length === 0 ? this.format(done) : this.parse(content, done, now));
    new FileReader({ outbox, directory: this.directory, name: FILE, done: read, ...this.onFailure }).start();
  }

  /**
   * Another disk from here on, though the file was there: what this node promised under the old id is gone, or it never promised anything. A
   * kill before it is written leaves the old id without its promises, which the next start finds in the same way.
   */
  renew(done: (identity: Identity, now: Now) => void): void {
    this.format(done);
  }

  /** The controller knows of the loss, and the logs are sound: from here on the directory is whole again under this boot. */
  vouch(): void {
    const { identity } = this;
    if (identity === undefined || identity.pageCacheSurvived) return;
    this.identity = { ...identity, pageCacheSurvived: true };
    this.write(identity.directoryId, this.options.bootId, () => {
      // By the first directory's word alone the next process says whether the page cache survived.
      if (this.directory === "") this.options.outbox.trace({ kind: "vouched" });
    });
  }

  private get onFailure(): { readonly failed?: (detail: string, now: Now) => void } {
    const { failed } = this.options;
    return failed === undefined ? {} : { failed };
  }

  private format(done: (identity: Identity, now: Now) => void): void {
    const directoryId = uuidFromBytes(this.options.prng.bytes(16));
    // Another directory than the first had nothing when it was made: the controller sees by its id that what was there before is gone.
    const isFurther = this.directory !== "";
    this.identity = { directoryId, pageCacheSurvived: isFurther };
    const identity = this.identity;
    this.write(directoryId, isFurther ? this.options.bootId : NOT_VOUCHED_FOR, (now) => done(identity, now));
  }

  private parse(content: Uint8Array, done: (identity: Identity, now: Now) => void, now: Now): void {
    const { nodeId, clusterId, bootId, outbox } = this.options;
    const properties = parseProperties(decodeUtf8(content));
    const refuse = (what: string, is: string | undefined, expected: string): void =>
      outbox.emit({
        type: "exit",
        code: 78,
        reason: `${this.name} says ${what}=${is ?? "(nothing)"} but this node is configured with ${expected}: the log directory belongs to another node or cluster`,
      });
    if (properties.get("cluster.id") !== clusterId) return refuse("cluster.id", properties.get("cluster.id"), clusterId);
    if (properties.get("node.id") !== String(nodeId)) return refuse("node.id", properties.get("node.id"), String(nodeId));
    const directoryId = readDirectoryId(properties.get("directory.id"));
    if (directoryId === undefined) {
      const is = properties.get("directory.id") ?? "(nothing)";
      const reason = `${this.name} says directory.id=${is}, which is none: the file was edited or is damaged; docs/ERRORS.md, "A damaged identity", says what to do`;
      return outbox.emit({ type: "exit", code: 78, reason });
    }
    this.identity = { directoryId, pageCacheSurvived: bootId !== NOT_VOUCHED_FOR && properties.get("samsa.boot.id") === bootId };
    done(this.identity, now);
  }

  private get name(): string {
    return this.directory === "" ? FILE : `${this.directory}/${FILE}`;
  }

  private write(directoryId: Uuid, bootId: string, done: (now: Now) => void): void {
    const { nodeId, clusterId } = this.options;
    const lines = ["#", "version=1", `node.id=${nodeId}`, `cluster.id=${clusterId}`, `directory.id=${directoryId}`, `samsa.boot.id=${bootId}`, ""];
    this.file.write(lines.join("\n"), done);
  }
}

/** Under an odd one this node would be refused by every peer, or be taken for any voter with its node id: undefined. */
function readDirectoryId(text: string | undefined): Uuid | undefined {
  return text !== undefined && /^[A-Za-z0-9_-]{22}$/.test(text) && text !== ZERO_UUID ? uuid(text) : undefined;
}
