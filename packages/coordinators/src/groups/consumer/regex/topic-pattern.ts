import { RE2JS, RE2JSSyntaxException } from "re2js";
import { Refusal } from "../refusal.ts";
import { regexSize } from "./regex-size.ts";

/** Longest regular expression of a subscription, in UTF-16 units, and the largest one with its repetitions written out. Kafka has no bound of its own. */
export const REGEX_LENGTH_MAX = 2_048;
export const REGEX_SIZE_MAX = 2_048;

/** A regular expression in RE2's syntax, which is matched in linear time whatever clients send (KIP-848). */
export interface TopicPattern {
  readonly regex: string;
  /** What matching costs for each character of a name. */
  readonly size: number;
  /** The whole name. */
  matches(name: string): boolean;
}

function topicPattern(regex: string): TopicPattern | Refusal {
  if (regex.length > REGEX_LENGTH_MAX) return invalidRegex(regex.slice(0, 100), `longer than ${REGEX_LENGTH_MAX} characters`);
  const size = regexSize(regex);
  if (size > REGEX_SIZE_MAX) return invalidRegex(regex, "too many repetitions or ranges");
  try {
    const compiled = RE2JS.compile(regex);
    return { regex, size, matches: (name) => compiled.testExact(name) };
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return invalidRegex(regex, error.getDescription());
    throw error;
  }
}

/** Of a coordinator; what was read longest ago is read again. */
const PATTERNS_MAX = 16;

/** Expressions that were read last: reading one may take longer than all that is done with it, and it is done when a member says it, and for its topics. */
export class TopicPatterns {
  /** In the order in which they were asked for. */
  private readonly known = new Map<string, TopicPattern>();

  of(regex: string): TopicPattern | Refusal {
    const pattern = this.known.get(regex) ?? topicPattern(regex);
    if (pattern instanceof Refusal) return pattern;
    this.known.delete(regex);
    this.known.set(regex, pattern);
    const [oldest] = this.known.keys();
    if (this.known.size > PATTERNS_MAX && oldest !== undefined) this.known.delete(oldest);
    return pattern;
  }
}

const invalidRegex = (regex: string, because: string): Refusal =>
  new Refusal("INVALID_REGULAR_EXPRESSION", `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${because}.`);
