import { ErrorCode } from "@samsa/protocol";
import type { Values } from "./message-writer.ts";
import type { Outcome } from "./answered-case.ts";

/** Requests that change nothing but groups, by Kafka's way of naming them. */
const READS =
  /^(Metadata|Fetch|ListOffsets|ApiVersions|Describe|List|Sasl|OffsetForLeaderEpoch|Find|Consumer|Get|Produce|.*Group|Heartbeat|Offset(Commit|Fetch|Delete))/;

const TIMED_OUT = new RegExp(`"errorCode":${ErrorCode.REQUEST_TIMED_OUT}[,}]`);

/** Of a request whose time was over the controller may know all the same; without any time it was never asked. */
const mayBeDoneLater = ({ timeoutMs }: Values, answer: Values): boolean =>
  !(typeof timeoutMs === "number" && timeoutMs <= 0) && TIMED_OUT.test(JSON.stringify(answer));

/**
 * What the round's requests may have changed: names and ids of whatever an answer says NONE of; and where there was no answer, of all that
 * the request speaks of.
 */
export class Permissions {
  private readonly texts = new Set<string>();
  /** A request for more than texts can tell, such as "all partitions", was answered without an error. */
  private isGeneral = false;

  constructor(outcomes: readonly Outcome[]) {
    for (const { asked, answer } of outcomes) {
      if (asked.api.name === "Metadata" && asked.request["allowAutoTopicCreation"] !== false) this.allowAll(asked.request);
      if (READS.test(asked.api.name) || asked.request["validateOnly"] === true) continue;
      if (answer === undefined || mayBeDoneLater(asked.request, answer)) this.allowAll(asked.request);
      else this.allowWhereNone(answer);
    }
  }

  allows(...texts: readonly string[]): boolean {
    return this.isGeneral || texts.some((text) => this.texts.has(text));
  }

  private allowAll(value: unknown): void {
    if (typeof value === "string") this.texts.add(value);
    else if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) for (const inner of Object.values(value)) this.allowAll(inner);
  }

  /** Of a struct with an error code this one decides; of others those within. */
  private allowWhereNone(node: unknown): boolean {
    if (typeof node !== "object" || node === null || node instanceof Uint8Array) return false;
    if (Array.isArray(node)) return node.map((element) => this.allowWhereNone(element)).some((isNone) => isNone);
    const { errorCode } = node as Values;
    if (typeof errorCode === "number" && errorCode !== 0) return false;
    const areInnerNone = Object.values(node)
      .map((inner) => this.allowWhereNone(inner))
      .some((isNone) => isNone);
    if (errorCode !== 0 && !areInnerNone) return false;
    const texts = Object.values(node).filter((value) => typeof value === "string");
    for (const text of texts) this.texts.add(text);
    return true;
  }
}
