import { apis } from "@samsa/protocol";
import type { ApiName } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs, invariant } from "@samsa/stdx";
import type { Completable, Completion, ConnectionId, EffectId, Outbox } from "@samsa/world";
import type { Backoff } from "../backoff.ts";
import type { ClientConfig, Endpoint } from "../client-config.ts";
import { earlier } from "../deadline.ts";
import type { Call, CallFailure } from "./call.ts";
import { Link } from "./link.ts";
import { UNSUPPORTED_VERSION } from "./request-frames.ts";
import { VersionRanges } from "./version-ranges.ts";

type State =
  | { readonly type: "idle" }
  | { readonly type: "dialling"; readonly dial: Dial; readonly until: Micros }
  | { readonly type: "negotiating"; readonly link: Link }
  | { readonly type: "ready"; readonly link: Link; readonly versions: VersionRanges }
  | { readonly type: "waiting"; readonly until: Micros }
  | { readonly type: "abandoned" };

/** What a connection needs of its surroundings. */
export interface ConnectionContext {
  readonly config: ClientConfig;
  readonly outbox: Outbox;
  readonly backoff: Backoff;
  /** Finds the connection that an input is for; kept by the connections themselves. */
  readonly links: Map<ConnectionId, BrokerConnection>;
  /** What was dialled and has not come to anything yet; kept by the connections themselves. */
  readonly dials: Set<EffectId>;
  /** The broker can't be reached, or was lost: what is known of the cluster may be old. */
  readonly lost: (now: Now) => void;
}

/** What this client calls itself (KIP-511). */
const SOFTWARE = { clientSoftwareName: "samsa", clientSoftwareVersion: "0.1.0" };

/**
 * The connection to one broker, whenever there is one.
 *
 * | state | on | to |
 * |---|---|---|
 * | idle | connect | dialling |
 * | dialling | dialled | negotiating |
 * | negotiating | ApiVersions answered | ready |
 * | dialling, negotiating, ready | failed, closed, a time-out, a malformed response | waiting (back-off) |
 * | waiting | time | idle |
 * | any | abandon | abandoned (the broker has moved) |
 */
export class BrokerConnection {
  readonly endpoint: Endpoint;
  private readonly context: ConnectionContext;
  private state: State = { type: "idle" };
  private failures = 0;

  constructor(context: ConnectionContext, endpoint: Endpoint) {
    this.context = context;
    this.endpoint = endpoint;
  }

  get isReady(): boolean {
    return this.state.type === "ready";
  }

  get isConnecting(): boolean {
    return this.state.type === "dialling" || this.state.type === "negotiating";
  }

  /** The last attempt failed, and the next one is still to come. */
  get isUnreachable(): boolean {
    return this.state.type === "waiting" || (this.state.type !== "ready" && this.failures > 0);
  }

  /** Requests on the way. */
  get inFlight(): number {
    return this.state.type === "ready" ? this.state.link.inFlight : 0;
  }

  /** Begins to connect if nothing speaks against it. */
  connect(now: Now): void {
    if (this.state.type !== "idle") return;
    const { config, outbox, dials } = this.context;
    const dial = new Dial(this);
    this.state = { type: "dialling", dial, until: afterMs(now, config.socketConnectionSetupTimeoutMs) };
    dials.add(outbox.request({ type: "dial", transport: "stream", host: this.endpoint.host, port: this.endpoint.port }, dial));
  }

  /** Only when ready. A call whose API the broker does not speak fails at once. */
  send<N extends ApiName>(call: Call<N>, now: Now): void {
    invariant(this.state.type === "ready", "a request goes to a connection that is ready", { state: this.state.type });
    const version = this.state.versions.choose(call);
    if (version === undefined) return call.failed({ error: "UNSUPPORTED_VERSION", detail: `the broker has no usable version of ${call.api.name}` }, now);
    this.state.link.send(call, version, now);
  }

  /** The broker has moved: whatever was under way fails. */
  abandon(now: Now): void {
    this.close({ error: "DISCONNECTED", detail: "the broker has another address now" }, { type: "abandoned" }, now);
  }

  pump(now: Now): void {
    const { state } = this;
    if (state.type === "waiting" && state.until <= now.monotonicUs) this.state = { type: "idle" };
    if (state.type === "dialling" && state.until <= now.monotonicUs) this.fail({ error: "REQUEST_TIMED_OUT", detail: "connecting took too long" }, now);
    const link = this.link;
    if (link !== undefined && link.isOverdue(now)) this.fail({ error: "REQUEST_TIMED_OUT", detail: "a response did not come in time" }, now);
  }

  nextDeadline(): Micros | undefined {
    if (this.state.type === "waiting" || this.state.type === "dialling") return this.state.until;
    return earlier(undefined, this.link?.nextDeadline());
  }

  received(bytes: Uint8Array, now: Now): void {
    const link = this.link;
    if (link === undefined) return;
    const broken = link.received(bytes, now);
    if (broken !== undefined && this.link === link) this.fail({ error: "MALFORMED_RESPONSE", detail: broken }, now);
  }

  closed(connection: ConnectionId, now: Now): void {
    if (this.link?.id === connection) this.fail({ error: "DISCONNECTED", detail: "the broker closed the connection" }, now);
  }

  dialEnded(dial: Dial, completion: Completion, now: Now): void {
    this.context.dials.delete(completion.id);
    if (this.state.type !== "dialling" || this.state.dial !== dial) {
      // Given up meanwhile: nobody waits for this connection any more.
      if (completion.type === "dialled") this.context.outbox.emit({ type: "close", connection: completion.connection, how: "reset" });
      return;
    }
    if (completion.type !== "dialled") return this.fail({ error: "DISCONNECTED", detail: "it could not be reached" }, now);
    const link = new Link(this.context, completion.connection);
    this.context.links.set(completion.connection, this);
    this.state = { type: "negotiating", link };
    this.negotiate(link, apis.ApiVersions.maxVersion, now);
  }

  private get link(): Link | undefined {
    return this.state.type === "negotiating" || this.state.type === "ready" ? this.state.link : undefined;
  }

  private negotiate(link: Link, version: number, now: Now): void {
    const call: Call<"ApiVersions"> = {
      api: apis.ApiVersions,
      request: () => SOFTWARE,
      answered: (response, at) => {
        if (response.errorCode === UNSUPPORTED_VERSION && version > 0) return this.negotiate(link, 0, at);
        if (response.errorCode !== 0) return this.fail({ error: "MALFORMED_RESPONSE", detail: `ApiVersions was refused with error ${response.errorCode}` }, at);
        this.failures = 0;
        this.state = { type: "ready", link, versions: new VersionRanges(response) };
      },
      failed: () => {},
    };
    link.send(call, version, now);
  }

  private fail(failure: CallFailure, now: Now): void {
    this.failures++;
    this.close(failure, { type: "waiting", until: afterMs(now, this.context.backoff.delayMs(this.failures)) }, now);
    this.context.lost(now);
  }

  private close(failure: CallFailure, next: State, now: Now): void {
    const link = this.link;
    this.state = next;
    if (link === undefined) return;
    this.context.links.delete(link.id);
    this.context.outbox.emit({ type: "close", connection: link.id, how: "reset" });
    link.failAll(failure, now);
  }
}

/** Waits for one dial; the connection may have given up on it. */
class Dial implements Completable {
  private readonly owner: BrokerConnection;

  constructor(owner: BrokerConnection) {
    this.owner = owner;
  }

  complete(completion: Completion, now: Now): void {
    this.owner.dialEnded(this, completion, now);
  }
}
