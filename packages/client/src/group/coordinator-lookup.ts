import { apis, errorName, type FindCoordinatorResponse, isRetriable } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";
import type { Endpoint } from "../client-config.ts";
import type { Call } from "../cluster/call.ts";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";
import { isSameEndpoint } from "../cluster/cluster-metadata.ts";
import { stillToCome } from "../deadline.ts";
import { isUnsendable } from "../errors.ts";

type State =
  | { readonly type: "unknown"; readonly notBefore: Micros | undefined }
  | { readonly type: "asking" }
  | { readonly type: "known" }
  | { readonly type: "refused"; readonly error: string };

interface Found extends Endpoint {
  readonly nodeId: number;
  readonly errorCode: number;
}

interface Place {
  readonly connection: number;
  readonly endpoint: Endpoint;
  /** Nobody else uses the connection. */
  readonly isOwn: boolean;
}

/** The key is a group's. */
const GROUP_KEY_TYPE = 0;
const FIRST_VERSION_WITH_BATCHES = 4;

/** After these the group may have another coordinator, or this one can't be reached. */
const LOST: ReadonlySet<string> = new Set(["NOT_COORDINATOR", "COORDINATOR_NOT_AVAILABLE", "DISCONNECTED", "REQUEST_TIMED_OUT", "MALFORMED_RESPONSE"]);

export const isLostCoordinator = (error: string): boolean => LOST.has(error);

/**
 * Which broker coordinates a group, and the connection to it, which nobody else uses: a JoinGroup waits there for all other members. Who asks
 * nothing that waits may share the broker's with everybody.
 *
 * | state | on | to |
 * |---|---|---|
 * | unknown | some broker is ready, the back-off is over | asking |
 * | asking | a coordinator | known |
 * | asking | an error that may pass | unknown (back-off) |
 * | asking | any other error | refused: the group is not to be had |
 * | known | it is lost, or can't be reached | unknown (back-off) |
 */
export class CoordinatorLookup {
  private readonly cluster: ClusterConnection;
  private readonly backoff: Backoff;
  private readonly groupId: string;
  private readonly isShared: boolean;
  private state: State = { type: "unknown", notBefore: undefined };
  private place: Place | undefined;
  private failures = 0;

  constructor(options: { readonly cluster: ClusterConnection; readonly backoff: Backoff; readonly groupId: string; readonly isShared?: boolean }) {
    this.cluster = options.cluster;
    this.backoff = options.backoff;
    this.groupId = options.groupId;
    this.isShared = options.isShared ?? false;
  }

  /** Why there will be no coordinator. */
  get refusal(): string | undefined {
    return this.state.type === "refused" ? this.state.error : undefined;
  }

  /** To what the coordinator's requests go now; undefined while it is looked for or connected to. */
  ready(now: Now): number | undefined {
    const { place } = this;
    if (this.state.type !== "known" || place === undefined) return undefined;
    if (this.cluster.isReady(place.connection, now)) return place.connection;
    if (this.cluster.isUnreachable(place.connection)) this.lost(now);
    return undefined;
  }

  /** It answered as a coordinator does. */
  heard(): void {
    this.failures = 0;
  }

  /** It is another one, or does not answer. */
  lost(now: Now): void {
    if (this.state.type === "known") this.rest(now);
  }

  /** Nothing more is asked of it. */
  release(now: Now): void {
    this.leave(now);
    this.state = { type: "unknown", notBefore: undefined };
  }

  pump(now: Now): void {
    if (this.state.type !== "unknown" || (this.state.notBefore ?? 0) > now.monotonicUs) return;
    const broker = this.cluster.anyReady(now);
    if (broker === undefined) return;
    const asking: State = { type: "asking" };
    this.state = asking;
    this.cluster.send(broker, this.call(asking), now);
  }

  nextDeadline(now: Now): Micros | undefined {
    return this.state.type === "unknown" ? stillToCome(this.state.notBefore, now) : undefined;
  }

  private call(asking: State): Call<"FindCoordinator"> {
    return {
      api: apis.FindCoordinator,
      request: (version) =>
        version >= FIRST_VERSION_WITH_BATCHES
          ? { key: "", keyType: GROUP_KEY_TYPE, coordinatorKeys: [this.groupId] }
          : { key: this.groupId, keyType: GROUP_KEY_TYPE, coordinatorKeys: [] },
      answered: (response, now, version) => {
        if (this.state === asking) this.answered(foundOf(response, this.groupId, version), now);
      },
      failed: ({ error }, now) => {
        if (this.state !== asking) return;
        if (isUnsendable(error)) this.state = { type: "refused", error };
        else this.rest(now);
      },
    };
  }

  private answered(found: Found | undefined, now: Now): void {
    if (found === undefined || isRetriable(found.errorCode)) this.rest(now);
    else if (found.errorCode !== 0) this.state = { type: "refused", error: errorName(found.errorCode) };
    else this.found(found.nodeId, { host: found.host, port: found.port }, now);
  }

  private found(nodeId: number, endpoint: Endpoint, now: Now): void {
    if (this.place === undefined || !isSameEndpoint(this.place.endpoint, endpoint)) {
      // Before this one is known: what fails with the old connection says nothing of the new one.
      this.leave(now);
      const isOwn = !this.isShared || !isSameEndpoint(this.cluster.metadata.brokers.get(nodeId), endpoint);
      this.place = { connection: isOwn ? this.cluster.dedicate(endpoint) : nodeId, endpoint, isOwn };
    }
    this.state = { type: "known" };
  }

  private leave(now: Now): void {
    if (this.place?.isOwn === true) this.cluster.release(this.place.connection, now);
    this.place = undefined;
  }

  private rest(now: Now): void {
    this.failures++;
    this.state = { type: "unknown", notBefore: afterMs(now, this.backoff.delayMs(this.failures)) };
  }
}

function foundOf(response: FindCoordinatorResponse, groupId: string, version: number): Found | undefined {
  return version >= FIRST_VERSION_WITH_BATCHES ? response.coordinators.find(({ key }) => key === groupId) : response;
}
