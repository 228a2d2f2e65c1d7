import { randomInt } from "node:crypto";
import { type Client, ClientMachine, type RequestOutcome, type RequestQuestion, type Requests } from "@samsa/client";
import { type ApiMessages, type ApiName, ErrorCode } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { type RunningMachine, startMachine } from "@samsa/world-node";
import { brokerError, clientError, type JavaException } from "../java-exception.ts";
import type { ClientSettings } from "./client-settings.ts";

const SEEDS = 2 ** 31;

/** One request, and what Kafka's own client calls what it is for. */
export interface SessionRequest<N extends ApiName> extends Omit<RequestQuestion<N>, "timeoutMs"> {
  /** As in "Timed out waiting for a node assignment. Call: listTopics". */
  readonly callName: string;
  /** `default.api.timeout.ms` if it is left out. */
  readonly timeoutMs?: number;
}

/** What a program does once a turn of the client, such as taking events. */
export interface TurnProgram {
  run(now: Now): void;
  nextDeadline?(now: Now): Micros | undefined;
}

/** A client on real sockets for a while, used with promises. Dispose of it: its connections keep the process alive. */
export class Session implements AsyncDisposable {
  readonly settings: ClientSettings;
  private readonly running: RunningMachine<ClientMachine>;
  private readonly waiting: ((now: Now) => void)[] = [];
  private readonly programs = new Set<TurnProgram>();
  /** Each waits for something that never comes once the machine has ended. */
  private readonly unanswered = new Set<(error: Error) => void>();
  private failure: Error | undefined;
  private clientOrNone: Client | undefined;
  private requests: Requests | undefined;

  constructor(settings: ClientSettings) {
    this.settings = settings;
    this.running = startMachine(() => new ClientMachine((machine) => this.programOf(machine)));
    this.running.ended.then(
      () => this.fail(new Error("the client has ended")),
      (error: unknown) => this.fail(error instanceof Error ? error : new Error(String(error))),
    );
  }

  /** For its parts: use them within `act`, or in a program of `everyTurn`. */
  get client(): Client {
    if (this.clientOrNone === undefined) throw new Error("the session has begun with its client");
    return this.clientOrNone;
  }

  /** Uses the client in its next turn. Rejects if that throws, or the machine has failed. */
  act<T>(use: (now: Now) => T): Promise<T> {
    return this.unlessEnded(
      new Promise<T>((resolve, reject) => {
        this.waiting.push((now) => {
          try {
            resolve(use(now));
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
        this.running.poke();
      }),
    );
  }

  /** From now on the program runs in every turn, until the result is called. */
  everyTurn(program: TurnProgram): () => void {
    this.programs.add(program);
    this.running.poke();
    return () => void this.programs.delete(program);
  }

  /** The answer, once there is one. Throws a `JavaException` where there is none; errors within an answer are the caller's to find. */
  async request<N extends ApiName>(request: SessionRequest<N>): Promise<ApiMessages[N]["response"]> {
    const question: RequestQuestion<N> = { ...request, timeoutMs: request.timeoutMs ?? this.settings.apiTimeoutMs };
    const asked = new Promise<RequestOutcome<N>>((resolve, reject) => {
      this.act((now) => this.requests?.ask(question, resolve, now)).catch(reject);
    });
    const outcome = await this.unlessEnded(asked);
    if (outcome.type === "answered") return outcome.response;
    throw outcome.type === "refused" ? refusal(outcome.error, request) : timeOut(outcome.attempts, request.callName);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running.close();
  }

  private programOf(machine: ClientMachine): { run(now: Now): void; nextDeadline(now: Now): Micros | undefined } {
    this.clientOrNone = machine.addClient({ ...this.settings.client, seed: randomInt(SEEDS) });
    this.requests = this.clientOrNone.requests();
    return {
      run: (now) => {
        for (const use of this.waiting.splice(0)) use(now);
        for (const program of this.programs) program.run(now);
      },
      nextDeadline: (now) => {
        const deadlines = [...this.programs].flatMap((program) => program.nextDeadline?.(now) ?? []);
        return deadlines.length === 0 ? undefined : (Math.min(...deadlines) as Micros);
      },
    };
  }

  /** The machine ends by itself only when it is broken. */
  private fail(error: Error): void {
    this.failure = error;
    for (const reject of this.unanswered) reject(error);
  }

  /** For whoever waits for what only a turn of the client gives: it never comes once the client has ended. */
  unlessEnded<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure);
      const forget = (): void => void this.unanswered.delete(reject);
      this.unanswered.add(reject);
      promise.then(resolve, reject);
      promise.then(forget, forget);
    });
  }
}

function refusal(error: string, { api }: { readonly api: { readonly name: string } }): JavaException {
  if (error === "UNSUPPORTED_VERSION") return clientError("UnsupportedVersionException", `The node does not support ${constantOf(api.name)}`);
  return brokerError(ErrorCode[error as keyof typeof ErrorCode] ?? ErrorCode.UNKNOWN_SERVER_ERROR);
}

function timeOut(attempts: number, callName: string): JavaException {
  if (attempts === 0) return clientError("TimeoutException", `Timed out waiting for a node assignment. Call: ${callName}`);
  const now = Date.now();
  const call = `Call(callName=${callName}, deadlineMs=${now}, tries=${attempts}, nextAllowedTryMs=${now})`;
  return clientError("TimeoutException", `${call} timed out at ${now} after ${attempts} attempt(s)`);
}

/** `DescribeConfigs`: `DESCRIBE_CONFIGS`. */
const constantOf = (apiName: string): string => apiName.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
