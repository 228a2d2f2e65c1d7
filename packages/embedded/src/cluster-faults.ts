import { type ApiName, apis, ErrorCode, type ErrorName } from "@samsa/protocol";
import { ClusterError } from "./cluster-error.ts";
import { Fault } from "./fault.ts";
import type { Link, LinkFaults } from "./link-faults.ts";
import type { DelayRule, FailRule, HoldRule, RequestMatch, RequestRules } from "./requests/request-rules.ts";

export interface FailOptions extends RequestMatch {
  /** How many requests are answered so; default 1. */
  readonly times?: number;
}

export interface ClusterFaultsOptions {
  readonly rules: RequestRules;
  readonly links: LinkFaults;
  /** A fault strikes. */
  readonly told: (text: string) => void;
}

/** All that a test has done to requests and links, since the beginning. */
export class ClusterFaults {
  private readonly options: ClusterFaultsOptions;
  private readonly injected: Fault[] = [];

  constructor(options: ClusterFaultsOptions) {
    this.options = options;
  }

  get unfired(): readonly Fault[] {
    return this.injected.filter(({ hasFired }) => !hasFired);
  }

  fail(api: ApiName, error: ErrorName, { topic, broker, times = 1 }: FailOptions): Fault {
    if (!Number.isInteger(times) || times < 1) throw new ClusterError("BAD_OPTION", `times is ${times}; it must be a whole number from 1`);
    const { rules, told } = this.options;
    const what = `${checkApi(api)}${matchInWords({ topic, broker })}`;
    const errorCode = checkError(error);
    const fault = new Fault(`the next ${times} × ${what} are answered with ${error}`, {
      undo: () => rules.remove(rule),
      fired: () => told(`${what} is answered with ${error}`),
    });
    const rule: FailRule = { type: "fail", api, topic, broker, errorCode, times, fault };
    rules.add(rule);
    return this.inject(fault);
  }

  hold(api: ApiName, { topic, broker }: RequestMatch): Fault {
    const { rules, told } = this.options;
    const what = `${checkApi(api)}${matchInWords({ topic, broker })}`;
    const fault = new Fault(`every ${what} is held`, { undo: () => rules.remove(rule), fired: () => told(`${what} is held`) });
    const rule: HoldRule = { type: "hold", api, topic, broker, waiting: new Set(), fault };
    rules.add(rule);
    return this.inject(fault);
  }

  release(api: ApiName | undefined): void {
    if (api !== undefined) checkApi(api);
    for (const { fault } of this.options.rules.holdsOf(api)) fault.undo();
  }

  /** Strikes often: the story is told of the first time only. */
  delayRequests(api: ApiName, delayMs: number, { topic, broker }: RequestMatch): Fault {
    const { rules, told } = this.options;
    const what = `${checkApi(api)}${matchInWords({ topic, broker })}`;
    checkDelay(delayMs);
    const fault: Fault = new Fault(`every ${what} is handled ${delayMs} ms later`, {
      undo: () => rules.remove(rule),
      fired: () => {
        if (fault.timesFired === 1) told(`${what} is handled ${delayMs} ms later from now on`);
      },
    });
    const rule: DelayRule = { type: "delay", api, topic, broker, delayMs, fault };
    rules.add(rule);
    return this.inject(fault);
  }

  cut(sides: Link["sides"]): Fault {
    return this.link({ sides, delayMs: undefined }, `${inWords(sides[0])} is cut from ${inWords(sides[1])}`);
  }

  delayLink(sides: Link["sides"], delayMs: number): Fault {
    checkDelay(delayMs);
    return this.link({ sides, delayMs }, `what ${inWords(sides[0])} and ${inWords(sides[1])} have for each other comes ${delayMs} ms later`);
  }

  heal(): void {
    for (const fault of this.injected) fault.undo();
  }

  /** Nodes are always connected with each other: it strikes at once. */
  private link(link: Link, description: string): Fault {
    const { links, told } = this.options;
    const fault = new Fault(description, { undo: () => links.remove(link), fired: () => told(description) });
    links.add(link);
    fault.fire();
    return this.inject(fault);
  }

  private inject(fault: Fault): Fault {
    this.injected.push(fault);
    return fault;
  }
}

function checkDelay(delayMs: number): void {
  if (!Number.isFinite(delayMs) || delayMs <= 0) throw new ClusterError("BAD_OPTION", `a delay of ${delayMs} ms is none; it must be more than 0`);
}

function checkApi(api: ApiName): ApiName {
  if (Object.hasOwn(apis, api)) return api;
  throw new ClusterError("UNKNOWN_API", `there is no API ${JSON.stringify(api)}; these are there: ${Object.keys(apis).join(", ")}`);
}

function checkError(error: ErrorName): number {
  if (Object.hasOwn(ErrorCode, error) && error !== "NONE") return ErrorCode[error];
  throw new ClusterError("UNKNOWN_ERROR_NAME", `${JSON.stringify(error)} is no error of Kafka's protocol; one is written as NOT_LEADER_OR_FOLLOWER`);
}

const matchInWords = ({ topic, broker }: RequestMatch): string =>
  `${topic === undefined ? "" : ` on ${JSON.stringify(topic)}`}${broker === undefined ? "" : ` at broker ${broker}`}`;

const inWords = (nodes: readonly number[]): string => `${nodes.length === 1 ? "node" : "nodes"} ${nodes.join(" and ")}`;
