import type { Transport } from "../effect.ts";
import type { Done, Endpoint, NetworkPort, PortConnection } from "../ports.ts";
import { failed } from "../ports.ts";
import type { FaultControl, NetworkFaultTarget } from "./fault-control.ts";
import { FaultyConnection } from "./faulty-connection.ts";

interface WaitingDial {
  readonly endpoint: Endpoint;
  readonly done: Done<PortConnection>;
}

/** A network whose connections are cut, held, slow or broken. */
export function faultyNetwork(network: NetworkPort, control: FaultControl): NetworkPort {
  const faulty = new FaultyNetwork(network, control);
  control.attachNetwork(faulty);
  return faulty;
}

class FaultyNetwork implements NetworkPort, NetworkFaultTarget {
  private readonly inner: NetworkPort;
  private readonly control: FaultControl;
  private readonly connections = new Set<FaultyConnection>();
  private readonly dials = new Set<WaitingDial>();
  private lastNumber = 0;

  constructor(inner: NetworkPort, control: FaultControl) {
    this.inner = inner;
    this.control = control;
  }

  listen(endpoint: Endpoint, accept: (connection: PortConnection) => void, done: Done<number>): void {
    this.inner.listen(endpoint, (connection) => accept(this.decorate(connection, endpoint.transport, undefined)), done);
  }

  dial(endpoint: Endpoint, done: Done<PortConnection>): void {
    const { timer } = this.control;
    const delayMs = this.control.delayMs(nameOf(endpoint));
    if (delayMs === 0) this.begin({ endpoint, done });
    else timer.after(delayMs, () => this.begin({ endpoint, done }));
  }

  breakAll(losesBytes: boolean): void {
    for (const connection of this.connections) connection.breakOff(losesBytes);
  }

  conditionsChanged(): void {
    for (const connection of this.connections) connection.pump();
    for (const dial of this.dials) if (!this.isCut(dial.endpoint) && this.dials.delete(dial)) this.connect(dial);
  }

  private begin(dial: WaitingDial): void {
    if (!this.isCut(dial.endpoint)) return this.connect(dial);
    this.dials.add(dial);
    this.control.timer.after(this.control.cutDialTimeoutMs, () => {
      if (this.dials.delete(dial)) dial.done(failed("ETIMEDOUT", `no answer from ${nameOf(dial.endpoint)}`));
    });
  }

  private connect({ endpoint, done }: WaitingDial): void {
    this.inner.dial(endpoint, (outcome) => {
      done(outcome.ok ? { ok: true, value: this.decorate(outcome.value, endpoint.transport, nameOf(endpoint)) } : outcome);
    });
  }

  /** A handshake needs both ways. */
  private isCut(endpoint: Endpoint): boolean {
    const name = nameOf(endpoint);
    return this.control.isCut(name, "outgoing") || this.control.isCut(name, "incoming");
  }

  private decorate(inner: PortConnection, transport: Transport, endpoint: string | undefined): FaultyConnection {
    const connection: FaultyConnection = new FaultyConnection({
      inner,
      control: this.control,
      number: ++this.lastNumber,
      transport,
      endpoint,
      gone: () => this.connections.delete(connection),
    });
    this.connections.add(connection);
    return connection;
  }
}

const nameOf = ({ host, port }: Endpoint): string => `${host}:${port}`;
