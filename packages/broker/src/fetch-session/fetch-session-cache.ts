import { invariant, type Micros, type Now, type Prng } from "@samsa/stdx";
import type { FetchPurgatory } from "../purgatory/fetch-purgatory.ts";
import { type FetchReader, isSameReader } from "./fetch-reader.ts";
import { type FetchSession, nextSessionEpoch, NO_SESSION_ID } from "./fetch-session.ts";

/** How long a session is safe from those that would like its place. */
const EVICTION_US = 120_000_000;
/** Of all sessions of clients together, each some 400 bytes: anybody may have them, and name partitions that are none. */
const MAX_CLIENT_PARTITIONS = 200_000;
/** Of those of followers, who have proved themselves: strangers leave them their room. */
const MAX_FOLLOWER_PARTITIONS = 1_000_000;
const SESSION_ID_MAX = 0x7fff_ffff;

export type SessionError = "FETCH_SESSION_ID_NOT_FOUND" | "INVALID_FETCH_SESSION_EPOCH" | "FETCH_SESSION_TOPIC_ID_ERROR";

export interface FetchSessionCacheOptions {
  /** max.incremental.fetch.session.cache.slots */
  readonly slots: number;
  readonly prng: Prng;
  readonly purgatory: FetchPurgatory;
  readonly maxClientPartitions?: number;
  readonly maxFollowerPartitions?: number;
}

/**
 * The fetch sessions that this broker keeps (KIP-227). Where all places are taken, a new session gets that of one that was not used for two
 * minutes; else that of a smaller one which is older than two minutes, or which is a client's where a follower asks. Likewise where there are
 * too many partitions in them, among sessions of clients, or of followers.
 */
export class FetchSessionCache {
  private readonly slots: number;
  private readonly maxClientPartitions: number;
  private readonly maxFollowerPartitions: number;
  private readonly prng: Prng;
  private readonly purgatory: FetchPurgatory;
  /** In the order of their last use. */
  private readonly sessions = new Map<number, FetchSession>();
  private clientPartitions = 0;
  private followerPartitions = 0;

  constructor(options: FetchSessionCacheOptions) {
    this.slots = options.slots;
    this.maxClientPartitions = options.maxClientPartitions ?? MAX_CLIENT_PARTITIONS;
    this.maxFollowerPartitions = options.maxFollowerPartitions ?? MAX_FOLLOWER_PARTITIONS;
    this.prng = options.prng;
    this.purgatory = options.purgatory;
  }

  get size(): number {
    return this.sessions.size;
  }

  /** Of all sessions. */
  get partitions(): number {
    return this.clientPartitions + this.followerPartitions;
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
    this.count(session, session.size - from);
    while (this.room(session) < 0) {
      if (this.evict(session, this.isSameKind(session), now)) continue;
      this.remove(session, now);
      return false;
    }
    return true;
  }

  /** Keeps a session, if there is a place for it; else its id stays 0. */
  admit(session: FetchSession, now: Now): void {
    // Nobody is to go for one that has no place even then.
    if (session.size > this.bound(session)) return;
    if (this.sessions.size >= this.slots && !this.evict(session, () => true, now)) return;
    while (this.room(session) < session.size) if (!this.evict(session, this.isSameKind(session), now)) return;
    session.id = this.newId();
    this.sessions.set(session.id, session);
    this.count(session, session.size);
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
    this.count(session, -session.size);
    session.stopWatching();
    if (session.parked !== undefined) this.purgatory.answerNow(session.parked, now);
  }

  private bound({ isPrivileged }: FetchSession): number {
    return isPrivileged ? this.maxFollowerPartitions : this.maxClientPartitions;
  }

  /** How many partitions more there may be in sessions of its kind. */
  private room(session: FetchSession): number {
    return this.bound(session) - (session.isPrivileged ? this.followerPartitions : this.clientPartitions);
  }

  private count({ isPrivileged }: FetchSession, change: number): void {
    if (isPrivileged) this.followerPartitions += change;
    else this.clientPartitions += change;
  }

  private isSameKind(newcomer: FetchSession): (session: FetchSession) => boolean {
    return (session) => session.isPrivileged === newcomer.isPrivileged && session !== newcomer;
  }

  /** One of those that may go for it. */
  private evict(newcomer: FetchSession, mayGo: (session: FetchSession) => boolean, now: Now): boolean {
    let isFirst = true;
    let weakest: FetchSession | undefined;
    for (const session of this.sessions.values()) {
      if (!mayGo(session)) continue;
      if (isFirst && isStale(session.lastFetchUs, now)) {
        this.remove(session, now);
        return true;
      }
      isFirst = false;
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
