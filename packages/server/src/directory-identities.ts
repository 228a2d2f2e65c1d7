import type { Now, Uuid } from "@samsa/stdx";
import { inLogDirectory } from "@samsa/world";
import { type Identity, NodeIdentity, type NodeIdentityOptions } from "./node-identity.ts";

/** Log directories beside the first. */
export interface FurtherDirectories {
  /** As they are configured, in their order. */
  readonly paths: readonly string[];
  /** One of them, which was read, can't be written any more. */
  readonly failed: (index: number, detail: string, now: Now) => void;
}

/**
 * What a node's log directories say of themselves; id and page cache are the first one's. Of another one that was not vouched for though the
 * first was, the controller knows already that nothing in it proves anything: 1. the power goes, 2. the broker registers the loss while that one is
 * offline, which takes what lies there out of ISR and ELR, 3. the others are vouched for, 4. it returns.
 */
export interface IdentifiedDirectories extends Identity {
  /** By index of the log directory, of those that could be read. */
  readonly ids: ReadonlyMap<number, Uuid>;
  /** Those whose unsynced records the host may have lost. */
  readonly withoutPageCache: ReadonlySet<number>;
  /** The others are offline until the next start. */
  readonly hasOffline: boolean;
}

/**
 * `meta.properties` of every log directory. Without that of the first, which has the metadata log, the node can't start; one of the others that
 * can't be read or made is offline, and the node goes on without it.
 */
export class DirectoryIdentities {
  private readonly own: NodeIdentityOptions;
  private readonly others: FurtherDirectories;
  private readonly first: NodeIdentity;
  private readonly further = new Map<number, NodeIdentity>();
  private readonly read = new Map<number, Identity>();

  constructor(own: NodeIdentityOptions, others: FurtherDirectories) {
    this.own = own;
    this.others = others;
    this.first = new NodeIdentity(own);
  }

  load(done: (identity: Identity, now: Now) => void): void {
    this.first.load(done);
  }

  /** See `NodeIdentity`. */
  renew(done: (identity: Identity, now: Now) => void): void {
    this.first.renew(done);
  }

  /** `done` is called once, when each of the others was read or has failed; at once where there is none. */
  loadFurther(first: Identity, now: Now, done: (all: IdentifiedDirectories, now: Now) => void): void {
    const { paths } = this.others;
    let pending = paths.length + 1;
    const ended = (at: Now): void => {
      if (--pending === 0) done(this.all(first), at);
    };
    for (const [at, path] of paths.entries()) this.loadOne(at + 1, path, ended);
    ended(now);
  }

  vouch(): void {
    this.first.vouch();
    for (const identity of this.further.values()) identity.vouch();
  }

  private loadOne(index: number, path: string, ended: (now: Now) => void): void {
    const { own, others } = this;
    const identity = new NodeIdentity({
      ...own,
      prng: own.prng.fork(`directory ${index}`),
      directory: inLogDirectory(index, ""),
      failed: (detail, now) => {
        // Whatever else of it fails later is no news.
        if (!this.further.delete(index)) return;
        if (this.read.has(index)) return others.failed(index, detail, now);
        own.outbox.trace({ kind: "log-directory-offline", path, because: detail });
        ended(now);
      },
    });
    this.further.set(index, identity);
    identity.load((found, now) => {
      this.read.set(index, found);
      ended(now);
    });
  }

  private all({ directoryId, pageCacheSurvived }: Identity): IdentifiedDirectories {
    const ids = new Map([[0, directoryId], ...[...this.read].map(([index, found]): [number, Uuid] => [index, found.directoryId])]);
    const found = [[0, pageCacheSurvived] as const, ...[...this.read].map(([index, one]) => [index, one.pageCacheSurvived] as const)];
    const withoutPageCache = new Set(found.filter(([, hasSurvived]) => !hasSurvived).map(([index]) => index));
    return { directoryId, pageCacheSurvived, ids, withoutPageCache, hasOffline: this.read.size < this.others.paths.length };
  }
}
