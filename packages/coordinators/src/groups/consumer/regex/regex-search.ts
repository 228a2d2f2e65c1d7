import { Refusal } from "../refusal.ts";
import type { TopicPattern } from "./topic-pattern.ts";

/** All topics of a moment, in their order. */
export interface TopicNames {
  /** Of the metadata that they are of. */
  readonly version: number;
  readonly names: readonly string[];
}

/** Finds the topics of one regular expression, as of one moment, some at a time. */
export class RegexSearch {
  readonly topics: TopicNames;
  /** Undefined for one that an earlier version took, and this one can't read: it matches nothing. */
  private readonly pattern: TopicPattern | undefined;
  private readonly found: string[] = [];
  private nextName = 0;

  constructor(pattern: TopicPattern | Refusal, topics: TopicNames) {
    this.topics = topics;
    this.pattern = pattern instanceof Refusal ? undefined : pattern;
  }

  /** In the order of the names; undefined as long as there are more to try. */
  get matched(): readonly string[] | undefined {
    return this.pattern === undefined || this.nextName === this.topics.names.length ? this.found : undefined;
  }

  /** Tries names for so many steps: characters of names times the size of the expression. What is left of them, which may be less than nothing. */
  advance(steps: number): number {
    const { pattern } = this;
    if (pattern === undefined) return steps - 1;
    let stepsLeft = steps - pattern.size;
    const { names } = this.topics;
    for (let name = names[this.nextName]; name !== undefined && stepsLeft > 0; name = names[this.nextName]) {
      if (pattern.matches(name)) this.found.push(name);
      stepsLeft -= pattern.size * name.length;
      this.nextName++;
    }
    return stepsLeft;
  }
}
