import type { FetchRequest, FetchResponse, SnapshotChunk, SnapshotWanted } from "./message.ts";
import type { ResolvedOptions } from "./options.ts";
import type { PeerProgress } from "./progress.ts";
import type { RaftLog } from "./raft-log.ts";
import { isSameReplica, type ReplicaKey } from "./replica-key.ts";
import { chunkOf } from "./replication.ts";
import { isSameSnapshot, type Snapshot } from "./snapshot.ts";

interface Observed {
  readonly key: ReplicaKey;
  /** All of the log up to here is on it. */
  index: number;
  lastHeardUs: number;
  lastCaughtUpUs: number;
  /** Its fetch, if it waits for something to be committed. */
  parked: { readonly sequence: number; readonly sinceUs: number } | undefined;
  /** What it is being given, kept until it is over, in answer to its last fetch: to go on answering earlier ones would send it as often as it asked. */
  transfer: { readonly snapshot: Snapshot; readonly sequence: number } | undefined;
}

/** What is committed, and what is left of it in the log. */
export interface Committed {
  readonly term: number;
  readonly log: RaftLog;
  readonly commitIndex: number;
  readonly snapshot: Snapshot | undefined;
}

/**
 * Those who fetch from a leader: observers, and voters that do not know that they are. Each fetch is answered at once if there is something for it,
 * else as soon as there is, at the latest after a heartbeat interval. They are given what is committed, so they never have to take anything back.
 */
export class Observers {
  private readonly options: ResolvedOptions;
  private readonly observed = new Map<number, Observed>();

  constructor(options: ResolvedOptions) {
    this.options = options;
  }

  get progress(): readonly PeerProgress[] {
    return [...this.observed.values()].map(({ key, index, lastHeardUs, lastCaughtUpUs }) => ({
      ...key,
      mode: "fetch",
      matchIndex: index,
      nextIndex: index + 1,
      inflightAppends: 0,
      inflightBytes: 0,
      lastHeardUs,
      lastCaughtUpUs,
    }));
  }

  of(key: ReplicaKey): PeerProgress | undefined {
    return this.progress.find((observer) => isSameReplica(observer, key));
  }

  /** What was on its way over the old connection is lost, and whoever asks over the new one may have begun anew. */
  onReconnected(id: number): void {
    const observer = this.observed.get(id);
    if (observer !== undefined) observer.parked = undefined;
  }

  /** Those who vote now are pushed to. */
  forget(id: number): void {
    this.observed.delete(id);
  }

  onFetch(from: ReplicaKey, request: FetchRequest, committed: Committed, nowUs: number): FetchResponse | SnapshotChunk | undefined {
    const observer = this.heard(from, nowUs);
    observer.index = request.commitIndex;
    observer.parked = undefined;
    observer.transfer = undefined;
    if (request.commitIndex >= committed.commitIndex) observer.lastCaughtUpUs = nowUs;
    const answer = this.answer(observer, request.sequence, committed);
    if (answer === undefined) observer.parked = { sequence: request.sequence, sinceUs: nowUs };
    return answer;
  }

  onSnapshotWanted(from: ReplicaKey, wanted: SnapshotWanted, term: number, nowUs: number): SnapshotChunk | undefined {
    const { transfer } = this.heard(from, nowUs);
    if (transfer?.sequence !== wanted.sequence || !isSameSnapshot(transfer.snapshot.id, wanted.snapshot)) return undefined;
    if (wanted.position >= wanted.snapshot.size) return undefined;
    return chunkOf(transfer.snapshot, { term, sequence: wanted.sequence, position: wanted.position, maxBytes: this.options.limits.maxBytesPerChunk });
  }

  /** Answers to the fetches that waited for what is committed now. */
  pump(committed: Committed): readonly { readonly to: ReplicaKey; readonly message: FetchResponse | SnapshotChunk }[] {
    const answers: { readonly to: ReplicaKey; readonly message: FetchResponse | SnapshotChunk }[] = [];
    for (const observer of this.observed.values()) {
      if (observer.parked === undefined || observer.index >= committed.commitIndex) continue;
      const message = this.answer(observer, observer.parked.sequence, committed);
      if (message === undefined) continue;
      observer.parked = undefined;
      answers.push({ to: observer.key, message });
    }
    return answers;
  }

  /** Empty answers to the fetches that waited long enough: the leader is alive. */
  heartbeat(committed: Committed): readonly { readonly to: ReplicaKey; readonly message: FetchResponse }[] {
    const answers: { readonly to: ReplicaKey; readonly message: FetchResponse }[] = [];
    for (const observer of this.observed.values()) {
      const { parked, index } = observer;
      const previousTerm = committed.log.termAt(index);
      if (parked === undefined || previousTerm === undefined || index > committed.commitIndex) continue;
      observer.parked = undefined;
      answers.push({ to: observer.key, message: responseOf(committed, { sequence: parked.sequence, previousIndex: index, previousTerm, entries: [] }) });
    }
    return answers;
  }

  private answer(observer: Observed, sequence: number, committed: Committed): FetchResponse | SnapshotChunk | undefined {
    const { log, commitIndex, snapshot, term } = committed;
    // A new leader may know of fewer commits than the last one did; it has the entries, and will.
    if (observer.index >= commitIndex) return undefined;
    const previousTerm = log.termAt(observer.index);
    const { maxBytesPerChunk, maxBytesPerAppend, maxEntriesPerAppend } = this.options.limits;
    if (previousTerm === undefined) {
      if (snapshot === undefined) return undefined;
      observer.transfer = { snapshot, sequence };
      return chunkOf(snapshot, { term, sequence, position: 0, maxBytes: maxBytesPerChunk });
    }
    const entries = log.batch(observer.index + 1, { maxEntries: maxEntriesPerAppend, maxBytes: maxBytesPerAppend, end: commitIndex + 1 });
    return responseOf(committed, { sequence, previousIndex: observer.index, previousTerm, entries });
  }

  private heard(key: ReplicaKey, nowUs: number): Observed {
    const known = this.observed.get(key.id);
    if (known !== undefined && isSameReplica(known.key, key)) {
      known.lastHeardUs = nowUs;
      return known;
    }
    if (known === undefined && this.observed.size >= this.options.limits.maxObservers) this.forgetSilent();
    const observer: Observed = { key, index: 0, lastHeardUs: nowUs, lastCaughtUpUs: nowUs, parked: undefined, transfer: undefined };
    this.observed.set(key.id, observer);
    return observer;
  }

  private forgetSilent(): void {
    let silent: Observed | undefined;
    for (const observer of this.observed.values()) if (silent === undefined || observer.lastHeardUs < silent.lastHeardUs) silent = observer;
    if (silent !== undefined) this.observed.delete(silent.key.id);
  }
}

function responseOf({ term, commitIndex }: Committed, content: Pick<FetchResponse, "sequence" | "previousIndex" | "previousTerm" | "entries">): FetchResponse {
  return { type: "fetch-response", term, commitIndex, ...content };
}
