import type { ProbeOutcome } from "@samsa/controller";
import { type Micros, micros, type NodeId, type Now, type Prng, type Uuid } from "@samsa/stdx";
import type { ConnectionId, ConnectionInput, Outbox } from "@samsa/world";
import type { HandshakeOptions, PeerIdentity } from "./handshake.ts";
import { PeerLink } from "./peer-link.ts";
import type { RefusalLog } from "./refusal-log.ts";

const PROBE_TIMEOUT_MS = 1_000;

/**
 * Dials a broker's control address, for a second at most, to learn whether its process is there: refused (no process), alive
 * (this incarnation answered), replaced (another incarnation of the same node proved itself there), or silent.
 */
export class Probe {
  readonly brokerId: NodeId;
  private readonly link: PeerLink;
  private readonly outbox: Outbox;
  private readonly until: Micros;
  private readonly done: (outcome: ProbeOutcome, now: Now) => void;
  private connection: ConnectionId | undefined;
  isDone = false;

  constructor(options: {
    brokerId: NodeId;
    host: string;
    port: number;
    incarnationId: Uuid;
    outbox: Outbox;
    handshake: HandshakeOptions;
    refusals: RefusalLog;
    prng: Prng;
    now: Now;
    owns: (connection: ConnectionId, probe: Probe) => void;
    done: (outcome: ProbeOutcome, now: Now) => void;
  }) {
    this.brokerId = options.brokerId;
    this.outbox = options.outbox;
    this.done = options.done;
    this.until = micros(options.now.monotonicUs + PROBE_TIMEOUT_MS * 1000);
    this.link = new PeerLink({
      peer: options.brokerId,
      host: options.host,
      port: options.port,
      outbox: options.outbox,
      handshake: options.handshake,
      refusals: options.refusals,
      prng: options.prng,
      events: {
        linkOwns: (connection) => {
          this.connection = connection;
          options.owns(connection, this);
          // The dial outlasted the probe: nobody else would ever close it.
          if (this.isDone) this.outbox.emit({ type: "close", connection, how: "reset" });
        },
        linkReady: (peer: PeerIdentity, now) => this.finish(peer.incarnationId === options.incarnationId ? "alive" : "replaced", now),
        linkRefused: (_, now) => this.finish("refused", now),
        linkReceived: () => undefined,
        linkLost: () => undefined,
      },
    });
    this.link.deadline(options.now);
  }

  get nextDeadlineUs(): Micros {
    return micros(Math.min(this.until, this.link.nextDeadlineUs ?? this.until));
  }

  deadline(now: Now): void {
    if (now.monotonicUs >= this.until) this.finish("silent", now);
    else this.link.deadline(now);
  }

  input(input: ConnectionInput, now: Now): void {
    // A dying process may still listen when its connections have closed already: accepted and closed, it is dialled anew.
    this.link.input(input, now);
  }

  private finish(outcome: ProbeOutcome, now: Now): void {
    if (this.isDone) return;
    this.isDone = true;
    if (this.connection !== undefined) this.outbox.emit({ type: "close", connection: this.connection, how: "end" });
    this.done(outcome, now);
  }
}
