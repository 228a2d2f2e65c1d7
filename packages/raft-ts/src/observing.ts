import { NO_NODE } from "./entry.ts";
import { FetchRoute } from "./fetch-route.ts";
import { invariant } from "./invariant.ts";
import type { FetchRedirect, FetchResponse } from "./message.ts";
import { reconcile } from "./reconcile.ts";
import { ANY_DIRECTORY, type ReplicaKey } from "./replica-key.ts";
import type { Replica } from "./replica.ts";

/** How a node pulls what is committed: an observer always, and a voter that nobody pushes to, which may be one no more and not know. */
export class Observing {
  private readonly replica: Replica;
  private readonly route: FetchRoute;

  constructor(replica: Replica) {
    this.replica = replica;
    this.route = new FetchRoute(replica.self.id);
  }

  /** Whom it asked last while it knew no leader. */
  get lastTarget(): number | undefined {
    return this.route.lastTarget;
  }

  /** An observer asks its leader if it heard of it lately, else whoever is next of those that may know one. */
  fetch(): void {
    const { replica } = this;
    const { state, nowUs, options, clock } = replica;
    if (state.type !== "observer") return;
    const { leader, heardUs } = state;
    if (leader !== NO_NODE && nowUs - heardUs < options.electionTimeoutUs) {
      replica.become({ type: "observer", leader, heardUs, deadlineUs: nowUs + clock.timeout() });
      return this.fetchFrom(leader);
    }
    replica.become({ type: "observer", leader: NO_NODE, heardUs: nowUs, deadlineUs: nowUs + options.heartbeatIntervalUs });
    this.fetchFromNext();
  }

  /** Asks the next of those who may know the leader. */
  fetchFromNext(): void {
    const { log, options } = this.replica;
    const target = this.route.next([...log.voters.latest.voters.voters.map(({ id }) => id), ...options.seeds]);
    if (target !== undefined) this.fetchFrom(target);
  }

  fetchFrom(id: number): void {
    const { term, committed: commitIndex } = this.replica;
    this.replica.send({ id, directoryId: ANY_DIRECTORY }, { type: "fetch-request", term, sequence: this.route.nextSequence(), commitIndex });
  }

  onFetchResponse(from: ReplicaKey, response: FetchResponse): void {
    const { replica } = this;
    if (response.term < replica.term || !replica.follow(from.id)) return;
    this.route.answered();
    const outcome = reconcile(replica.log, response);
    if (outcome.type === "conflict") {
      // It asked behind its last commit. Where the leader has another entry there, the quorum has lost what it had committed.
      const { previousIndex: index, previousTerm: term } = response;
      invariant(index > replica.committed, "a leader has all that this node knows to be committed", { from: from.id, index, term });
      // An answer to what this node asked before it restarted.
      return this.fetchFrom(from.id);
    }
    replica.takeEntries(outcome);
    replica.commitTo(Math.min(response.commitIndex, outcome.lastIndex));
    // One fetch is on its way at a time: an answer to an earlier one leads to none.
    if (response.sequence !== this.route.lastSequence) return;
    const isBehind = replica.committed < response.commitIndex;
    if (replica.state.type === "observer" || isBehind) this.fetchFrom(from.id);
  }

  /** Something else than a fetch response answered. */
  answered(): void {
    this.route.answered();
  }

  onFetchRedirect({ term, sequence, leader }: FetchRedirect): void {
    const { replica } = this;
    const { state, nowUs } = replica;
    const isLost = state.type === "observer" || state.type === "prospective" || (state.type === "follower" && state.leader === NO_NODE);
    if (term !== replica.term || !isLost || sequence !== this.route.lastSequence || leader === replica.self.id) return;
    if (leader === NO_NODE || !this.route.mayFollow()) return;
    if (state.type === "observer") replica.become({ type: "observer", leader, heardUs: nowUs, deadlineUs: nowUs + replica.clock.timeout() });
    this.fetchFrom(leader);
  }
}
