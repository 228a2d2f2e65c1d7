import type { ApiName } from "@samsa/protocol";
import type { Fault } from "../fault.ts";

/** Of which requests a fault takes hold. What is left out is any. */
export interface RequestMatch {
  /** Requests that are about this topic, perhaps among others. */
  readonly topic?: string | undefined;
  /** Requests that come to this broker. */
  readonly broker?: number | undefined;
}

/** What a rule is asked about: one request of a client. */
export interface ClientRequest {
  readonly api: ApiName;
  readonly broker: number;
  readonly topics: () => ReadonlySet<string>;
}

interface RuleBase extends RequestMatch {
  readonly api: ApiName;
  readonly fault: Fault;
}

export interface FailRule extends RuleBase {
  readonly type: "fail";
  readonly errorCode: number;
  /** How many more requests it takes hold of. */
  times: number;
}
export interface HoldRule extends RuleBase {
  readonly type: "hold";
  /** Held requests wait here; called, they go on. */
  readonly waiting: Set<() => void>;
}
export interface DelayRule extends RuleBase {
  readonly type: "delay";
  readonly delayMs: number;
}
type RequestRule = FailRule | HoldRule | DelayRule;

/** The faults that are done to requests of clients now, the oldest first. */
export class RequestRules {
  private readonly rules = new Set<RequestRule>();

  add(rule: RequestRule): void {
    this.rules.add(rule);
  }

  /** What it holds goes on. */
  remove(rule: RequestRule): void {
    if (!this.rules.delete(rule) || rule.type !== "hold") return;
    const waiting = [...rule.waiting];
    rule.waiting.clear();
    for (const goOn of waiting) goOn();
  }

  holdsOf(api: ApiName | undefined): readonly HoldRule[] {
    return [...this.rules].filter((rule) => rule.type === "hold" && (api === undefined || rule.api === api)) as readonly HoldRule[];
  }

  hold(request: ClientRequest): HoldRule | undefined {
    return this.find("hold", request) as HoldRule | undefined;
  }

  delayMs(request: ClientRequest): number {
    let delayMs = 0;
    for (const rule of this.rules) {
      if (rule.type !== "delay" || !matches(rule, request)) continue;
      rule.fault.fire();
      delayMs += rule.delayMs;
    }
    return delayMs;
  }

  /** The error that the request is answered with, if any; it is used up by that. */
  takeError(request: ClientRequest): number | undefined {
    const rule = this.find("fail", request) as FailRule | undefined;
    if (rule === undefined) return undefined;
    rule.fault.fire();
    rule.times--;
    if (rule.times <= 0) this.rules.delete(rule);
    return rule.errorCode;
  }

  private find(type: RequestRule["type"], request: ClientRequest): RequestRule | undefined {
    for (const rule of this.rules) if (rule.type === type && matches(rule, request)) return rule;
    return undefined;
  }
}

const matches = ({ api, broker, topic }: RequestRule, request: ClientRequest): boolean =>
  api === request.api && (broker === undefined || broker === request.broker) && (topic === undefined || request.topics().has(topic));
