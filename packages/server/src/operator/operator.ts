import { type Micros, micros, type NodeId, type Now, Prng, uuidFromBytes } from "@samsa/stdx";
import { type Completion, type ConnectionInput, type Effect, type Input, type Machine, type OperatorFault, Outbox } from "@samsa/world";
import { clusterIdOf } from "../cluster-secret.ts";
import type { ReportLimits } from "./node-report.ts";
import { DiallingHandshake, NO_DIRECTORY, OPERATOR } from "../peer/handshake.ts";
import { decodePeerMessage, encodePeerMessage, type PeerMessage } from "../peer/messages.ts";

export interface OperatorOptions {
  readonly host: string;
  readonly port: number;
  readonly node: NodeId;
  readonly secret: Uint8Array;
  readonly question: OperatorQuestion;
  readonly seed: number;
  /** For dialling, proving and the answer together; 5,000 ms unless told otherwise. */
  readonly timeoutMs?: number;
}

/** What an operator asks of a node. */
export type OperatorQuestion =
  { readonly type: "inject"; readonly fault: OperatorFault } | { readonly type: "describe-quorum" } | ({ readonly type: "describe-node" } & ReportLimits);

/** What the node answers: why it will not do the fault, null if it will; the state of the quorum; what it knows of the cluster. */
export type OperatorAnswer = Extract<PeerMessage, { type: "injected" | "quorum-described" | "node-described" }>;

const TOKEN = 1;
const DEFAULT_TIMEOUT_MS = 5_000;
const EXIT_FAILED = 69;

/**
 * The operator's command line as a machine: it proves the cluster's secret to one node, asks it one thing and ends with
 * the answer.
 *
 *     dialling ──accepted──▶ greeting ──proved──▶ asking ──answered──▶ exit 0, `answer` is there
 *         └──────────────────────┴───────────────────┴── failed, refused, closed, time-out ──▶ exit 69
 */
export class Operator implements Machine {
  answer: OperatorAnswer | undefined;
  private readonly options: OperatorOptions;
  private readonly outbox = new Outbox();
  private readonly handshake: DiallingHandshake;
  private state: "dialling" | "greeting" | "asking" | "over" = "dialling";
  private until: Micros | undefined;

  constructor(options: OperatorOptions) {
    this.options = options;
    const prng = new Prng(options.seed);
    const self = { nodeId: OPERATOR, incarnationId: uuidFromBytes(prng.fork("incarnation").bytes(16)), directoryId: NO_DIRECTORY };
    const { secret, node } = options;
    this.handshake = new DiallingHandshake({ secret, clusterId: clusterIdOf(secret), self, prng: prng.fork("handshake") }, node);
  }

  step(input: Input, now: Now): void {
    switch (input.type) {
      case "started":
        return this.dial(now);
      case "deadline":
        if (this.until !== undefined && now.monotonicUs >= this.until) this.fail(`no answer for ${this.timeoutMs} ms`);
        return;
      case "stop":
        return this.fail("it was stopped");
      case "accepted":
      case "received":
      case "blocked":
      case "drained":
      case "closed":
        return this.connection(input);
      default:
        return this.outbox.complete(input, now);
    }
  }

  drain(): readonly Effect[] {
    return this.outbox.drain();
  }

  complete(completion: Completion): void {
    if (completion.type === "failed") return this.fail(completion.error.detail === "" ? completion.error.code : completion.error.detail);
    if (completion.type !== "dialled") return;
    this.state = "greeting";
    this.outbox.emit({ type: "send", connection: completion.connection, parts: [this.handshake.hello()] });
  }

  private get timeoutMs(): number {
    return this.options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  private dial(now: Now): void {
    const { host, port } = this.options;
    this.until = micros(now.monotonicUs + this.timeoutMs * 1000);
    this.outbox.emit({ type: "deadline", at: this.until });
    this.outbox.request({ type: "dial", transport: "message", host, port }, this);
  }

  private connection(input: ConnectionInput): void {
    if (input.type === "closed")
      return this.fail(
        this.state === "asking" ? "it does not understand the question" : "it closed the connection: the secret is not its cluster's, or it is another node",
      );
    if (input.type !== "received") return;
    if (this.state === "greeting") this.greet(input.connection, input.bytes);
    else if (this.state === "asking") this.answered(input.bytes);
  }

  private greet(connection: Extract<ConnectionInput, { type: "received" }>["connection"], bytes: Uint8Array): void {
    const step = this.handshake.receive(bytes);
    if (step.type !== "send") return this.fail(step.type === "refused" ? step.because : "the handshake went astray");
    this.state = "asking";
    const ask = encodePeerMessage({ ...this.options.question, token: TOKEN });
    for (const message of [step.bytes, ask]) this.outbox.emit({ type: "send", connection, parts: [message] });
  }

  private answered(bytes: Uint8Array): void {
    const message = decodePeerMessage(bytes);
    if (message?.type !== "injected" && message?.type !== "quorum-described" && message?.type !== "node-described") return;
    if (message.token !== TOKEN) return;
    this.answer = message;
    this.exit(0, "answered");
  }

  private fail(because: string): void {
    const { node, host, port } = this.options;
    this.exit(EXIT_FAILED, `node ${node} at ${host}:${port} can't be asked: ${because}`);
  }

  private exit(code: number, reason: string): void {
    if (this.state === "over") return;
    this.state = "over";
    this.outbox.emit({ type: "exit", code, reason });
  }
}
