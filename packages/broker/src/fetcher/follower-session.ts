import type { FetchRequest } from "@samsa/protocol";
import type { LeaderEpoch, Offset } from "@samsa/stdx";
import { FINAL_EPOCH, INITIAL_EPOCH, NO_SESSION_ID, nextSessionEpoch } from "../fetch-session/fetch-session.ts";
import type { HostedReplica } from "../replicas/hosted-replica.ts";

/** What a fetch says of one partition. */
export interface Told {
  readonly hosted: HostedReplica;
  readonly forLeaderEpoch: LeaderEpoch;
  readonly forFetchOffset: Offset;
  readonly lastFetchedEpoch: LeaderEpoch;
  readonly logStartOffset: Offset;
}

type SessionOfRequest = Pick<FetchRequest, "sessionId" | "sessionEpoch">;

/** Of a fetch that stands for itself. */
export const SESSIONLESS: SessionOfRequest = { sessionId: NO_SESSION_ID, sessionEpoch: FINAL_EPOCH };

const SESSION_ERRORS: ReadonlySet<string> = new Set(["FETCH_SESSION_ID_NOT_FOUND", "INVALID_FETCH_SESSION_EPOCH", "FETCH_SESSION_TOPIC_ID_ERROR"]);

/**
 * A follower's side of its fetch session with one leader (KIP-227): what that one was told of each partition.
 *
 *     full ──answered, with a session id──▶ incremental
 *       ▲──an error, an answer without a session, connection lost──┘
 */
export class FollowerSession {
  readonly told = new Map<string, Told>();
  private id = NO_SESSION_ID;
  private epoch = INITIAL_EPOCH;

  /** The next fetch names what has changed; else all partitions. */
  get isIncremental(): boolean {
    return this.epoch !== INITIAL_EPOCH;
  }

  /** A full fetch still names the session it comes in place of, so that the leader can forget that one. */
  get ofNextFetch(): SessionOfRequest {
    return { sessionId: this.id, sessionEpoch: this.epoch };
  }

  /** Whether its next fetch tells something new. */
  isNews(key: string, position: Told): boolean {
    const known = this.told.get(key);
    return known === undefined || !isSame(known, position);
  }

  answered(sessionId: number): void {
    if (sessionId === NO_SESSION_ID) this.startAnew(NO_SESSION_ID);
    else {
      this.id = sessionId;
      this.epoch = nextSessionEpoch(this.epoch);
    }
  }

  /** True if the error is of the session alone: a full fetch may go out at once. */
  failed(error: string): boolean {
    const isOfSession = this.isIncremental && SESSION_ERRORS.has(error);
    this.startAnew(this.id);
    return isOfSession;
  }

  lost(): void {
    this.startAnew(this.id);
  }

  private startAnew(id: number): void {
    this.id = id;
    this.epoch = INITIAL_EPOCH;
  }
}

function isSame(one: Told, other: Told): boolean {
  return (
    one.hosted === other.hosted &&
    one.forFetchOffset === other.forFetchOffset &&
    one.forLeaderEpoch === other.forLeaderEpoch &&
    one.lastFetchedEpoch === other.lastFetchedEpoch &&
    one.logStartOffset === other.logStartOffset
  );
}
