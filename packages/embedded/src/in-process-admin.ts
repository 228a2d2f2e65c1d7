import {
  type ApiMessages,
  type ApiName,
  ErrorCode,
  errorName,
  isRetriable,
  newCreatableTopic,
  newCreateTopicsRequest,
  newFindCoordinatorRequest,
} from "@samsa/protocol";
import { ClusterError } from "./cluster-error.ts";
import type { EmbeddedNode } from "./embedded-node.ts";
import type { HostTimers } from "./host-timers.ts";
import type { InProcessRequest } from "./requests/in-process-request.ts";

const CREATE_TOPICS_VERSION = 7;
const FIND_COORDINATOR_VERSION = 4;
/** Between two tries; what is waited for is an election, or a topic that is being made. */
const RETRY_AFTER_MS = 20;
/** A broker that is cut off from the others answers when it is not any more: another one is asked. */
const TRY_MS = 2_000;
/** Left to a broker's default. */
const BY_DEFAULT = -1;

export interface TopicPlan {
  readonly name: string;
  readonly partitions: number | undefined;
  readonly replicationFactor: number | undefined;
  readonly config: Readonly<Record<string, string | number | boolean>>;
}

/** What the cluster asks of itself, as a client would: of any broker that is awake, again while the error is one that passes. */
export class InProcessAdmin {
  private readonly nodes: readonly EmbeddedNode[];
  private readonly isUnfenced: (id: number) => boolean;
  private readonly timers: HostTimers;
  /** Each waits for an answer. */
  private readonly asking = new Set<(error: ClusterError) => void>();

  constructor(nodes: readonly EmbeddedNode[], { isUnfenced, timers }: { readonly isUnfenced: (id: number) => boolean; readonly timers: HostTimers }) {
    this.nodes = nodes;
    this.isUnfenced = isUnfenced;
    this.timers = timers;
  }

  /** Nothing answers any more: whoever waits is told this. */
  end(error: ClusterError): void {
    for (const reject of this.asking) reject(error);
  }

  async createTopic({ name, partitions = BY_DEFAULT, replicationFactor = BY_DEFAULT, config }: TopicPlan, timeoutMs: number): Promise<void> {
    const configs = Object.entries(config).map(([key, value]) => ({ name: key, value: String(value) }));
    const topic = newCreatableTopic({ name, numPartitions: partitions, replicationFactor, configs });
    await this.ask(
      { api: "CreateTopics", apiVersion: CREATE_TOPICS_VERSION, request: newCreateTopicsRequest({ topics: [topic], timeoutMs }) },
      ({ topics: [result] }, attempt) => {
        const errorCode = result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
        // An earlier try whose answer was lost may have made it.
        const isMade = attempt > 0 && errorCode === ErrorCode.TOPIC_ALREADY_EXISTS;
        return { errorCode: isMade ? ErrorCode.NONE : errorCode, value: undefined, detail: result?.errorMessage ?? "" };
      },
      { timeoutMs, what: `topic ${JSON.stringify(name)} can't be created` },
    );
  }

  coordinatorOf(groupId: string, timeoutMs: number): Promise<number> {
    return this.ask(
      { api: "FindCoordinator", apiVersion: FIND_COORDINATOR_VERSION, request: newFindCoordinatorRequest({ keyType: 0, coordinatorKeys: [groupId] }) },
      ({ coordinators: [found] }) => ({
        errorCode: found?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR,
        value: found?.nodeId ?? -1,
        detail: found?.errorMessage ?? "",
      }),
      { timeoutMs, what: `the coordinator of group ${JSON.stringify(groupId)} can't be found` },
    );
  }

  private ask<N extends ApiName, T>(...question: Parameters<typeof this.askUntilLate<N, T>>): Promise<T> {
    return new Promise((resolve, reject) => {
      const forget = (): void => void this.asking.delete(reject);
      this.asking.add(reject);
      this.askUntilLate<N, T>(...question)
        .then(resolve, reject)
        .finally(forget);
    });
  }

  private async askUntilLate<N extends ApiName, T>(
    question: InProcessRequest<N>,
    read: (response: ApiMessages[N]["response"], attempt: number) => { readonly errorCode: number; readonly value: T; readonly detail: string },
    { timeoutMs, what }: { readonly timeoutMs: number; readonly what: string },
  ): Promise<T> {
    let isLate = false;
    let last = "no broker is awake";
    let giveUp: () => void = () => undefined;
    const late = new Promise<undefined>((resolve) => (giveUp = () => resolve(undefined)));
    const cancel = this.timers.after(timeoutMs, () => {
      isLate = true;
      giveUp();
    });
    try {
      for (let attempt = 0; !isLate; attempt++) {
        const answer = await Promise.race([late, this.try(question, attempt)]);
        if (answer === undefined) break;
        if (typeof answer === "string") last = answer;
        else {
          const { errorCode, value, detail } = read(answer.response, attempt);
          if (errorCode === ErrorCode.NONE) return value;
          last = `${errorName(errorCode)}${detail === "" ? "" : `, ${detail}`}`;
          if (!isRetriable(errorCode)) throw new ClusterError("REQUEST_REFUSED", `${what}: ${last}`);
        }
        await new Promise<void>((resolve) => void this.timers.after(RETRY_AFTER_MS, resolve));
      }
      throw new ClusterError("TIMED_OUT", `${what} in ${timeoutMs} ms; the last word was: ${last}`);
    } finally {
      cancel();
    }
  }

  /** A text: why nobody has answered. */
  private async try<N extends ApiName>(question: InProcessRequest<N>, attempt: number): Promise<string | { readonly response: ApiMessages[N]["response"] }> {
    const awake = this.nodes.filter(({ isBroker, isAwake, status }) => isBroker && isAwake && status === "running");
    const unfenced = awake.filter(({ id }) => this.isUnfenced(id));
    const candidates = unfenced.length > 0 ? unfenced : awake;
    const node = candidates[attempt % Math.max(1, candidates.length)];
    if (node === undefined) return "no broker is awake";
    let cancel: () => void = () => undefined;
    const silence = new Promise<string>((resolve) => (cancel = this.timers.after(TRY_MS, () => resolve(`broker ${node.id} does not answer`))));
    try {
      return await Promise.race([silence, node.ask(question).then((response) => ({ response }))]);
    } catch (error) {
      return `broker ${node.id}: ${error instanceof Error ? error.message : String(error)}`;
    } finally {
      cancel();
    }
  }
}
