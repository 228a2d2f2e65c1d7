import { invariant, type Micros, type Now, type Prng } from "@samsa/stdx";
import type { FetchPurgatory } from "../purgatory/fetch-purgatory.ts";
import { type FetchReader, isSameReader } from "./fetch-reader.ts";
import { type FetchSession, nextSessionEpoch, NO_SESSION_ID } from "./fetch-session.ts";

/** How long a session is safe from those that would like its place. */
const EVICTION_US = 120_000_000;
/** Of all sessions together; a session that would go beyond it is not kept. */
const MAX_SESSION_PARTITIONS = 1_000_000;
const SESSION_ID_MAX = 0x7fff_ffff;

export type SessionError = "FETCH_SESSION_ID_NOT_FOUND" | "INVALID_FETCH_SESSION_EPOCH" | "FETCH_SESSION_TOPIC_ID_ERROR";

export interface FetchSessionCacheOptions {
  /** max.incremental.fetch.session.cache.slots */
  readonly slots: number;
  readonly prng: Prng;
  readonly purgatory: FetchPurgatory;
  readonly maxPartitions?: number;
}

/**
 * The fetch sessions that this broker keeps (KIP-227). Where all places are taken, a new session gets that of one that was not used for two
 * minutes; else that of a smaller one which is older than two minutes, or which is a client's where a follower asks.
 */
export class FetchSessionCache {
  private readonly slots: number;
  private readonly maxPartitions: number;
  private readonly prng: Prng;
  private readonly purgatory: FetchPurgatory;
  /** In the order of their last use. */
  private readonly sessions = new Map<number, FetchSession>();
  private partitionCount = 0;

  constructor(options: FetchSessionCacheOptions) {
    this.slots = options.slots;
    this.maxPartitions = options.maxPartitions ?? MAX_SESSION_PARTITIONS;
    this.prng = options.prng;
    this.purgatory = options.purgatory;
  }

  get size(): number {
    return this.sessions.size;
  }

  /** Of all sessions. */
  get partitions(): number {
    return this.partitionCount;
  }

  /** The session that a fetch goes on with, one epoch further. */
  resume(id: number, fetch: { readonly epoch: number; readonly usesTopicIds: boolean; readonly reader: FetchReader }): FetchSession | SessionError {
    const session = this.sessions.get(id);
    // Who has no part in it is not told that there is one.
    if (session === undefined || !isSameReader(session.reader, fetch.reader)) return "FETCH_SESSION_ID_NOT_FOUND";
    if (session.epoch !== fetch.epoch) return "INVALID_FETCH_SESSION_EPOCH";
    if (session.usesTopicIds !== fetch.usesTopicIds) return "FETCH_SESSION_TOPIC_ID_ERROR";
    session.epoch = nextSessionEpoch(session.epoch);
    this.sessions.delete(id);
    this.sessions.set(id, session);
    return session;
  }

  /** After a fetch has changed its partitions; false if there is no room for so many: it is gone then. */
  resized(session: FetchSession, from: number, now: Now): boolean {
    this.partitionCount += session.size - from;
    if (this.partitionCount <= this.maxPartitions) return true;
    this.remove(session, now);
    return false;
  }

  /** Keeps a session, if there is a place for it; else its id stays 0. */
  admit(session: FetchSession, now: Now): void {
    if (this.sessions.size >= this.slots && !this.evict(session, now)) return;
    if (this.partitionCount + session.size > this.maxPartitions) return;
    session.id = this.newId();
    this.sessions.set(session.id, session);
    this.partitionCount += session.size;
    session.startWatching();
  }

  close(id: number, reader: FetchReader, now: Now): void {
    const session = this.sessions.get(id);
    if (session !== undefined && isSameReader(session.reader, reader)) this.remove(session, now);
  }

  /** Its own fetch, if one is parked, is answered with what there is: nothing would wake it any more. */
  remove(session: FetchSession, now: Now): void {
    const isKept = this.sessions.delete(session.id);
    invariant(isKept, "a session that goes was kept", { id: session.id });
    this.partitionCount -= session.size;
    session.stopWatching();
    if (session.parked !== undefined) this.purgatory.answerNow(session.parked, now);
  }

  private evict(newcomer: FetchSession, now: Now): boolean {
    const [oldest] = this.sessions.values();
    if (oldest !== undefined && isStale(oldest.lastFetchUs, now)) {
      this.remove(oldest, now);
      return true;
    }
    let weakest: FetchSession | undefined;
    for (const session of this.sessions.values()) {
      const isEvictable = isStale(session.createdUs, now) || (newcomer.isPrivileged && !session.isPrivileged);
      if (isEvictable && (weakest === undefined || isWeaker(session, weakest))) weakest = session;
    }
    if (weakest === undefined || !isWeaker(weakest, newcomer)) return false;
    this.remove(weakest, now);
    return true;
  }

  private newId(): number {
    for (;;) {
      const id = 1 + this.prng.below(SESSION_ID_MAX);
      if (id !== NO_SESSION_ID && !this.sessions.has(id)) return id;
    }
  }
}

const isStale = (sinceUs: Micros, now: Now): boolean => now.monotonicUs - sinceUs > EVICTION_US;

/** Clients before followers, small ones before large ones. */
function isWeaker(one: FetchSession, other: FetchSession): boolean {
  if (one.isPrivileged !== other.isPrivileged) return other.isPrivileged;
  return one.size < other.size;
}
