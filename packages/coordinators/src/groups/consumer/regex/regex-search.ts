import { Refusal } from "../refusal.ts";
import type { TopicPattern } from "./topic-pattern.ts";

/** Steps for each unit of an expression's size: to read it, or to have it read again, takes as long as to try it on names of so many characters. */
const READING_STEPS = 250;

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
  private isReadingCounted = false;

  constructor(pattern: TopicPattern | Refusal, topics: TopicNames) {
    this.topics = topics;
    this.pattern = pattern instanceof Refusal ? undefined : pattern;
  }

  /** In the order of the names; undefined as long as there are more to try. */
  get matched(): readonly string[] | undefined {
    return this.pattern === undefined || this.nextName === this.topics.names.length ? this.found : undefined;
  }

  /**
   * Tries names for so many steps: characters of names times the size of the expression, and before the first name what it took to read that. What is left
   * of them, which may be less than nothing.
   */
  advance(steps: number): number {
    const { pattern } = this;
    if (pattern === undefined) return steps - 1;
    let stepsLeft = steps - (this.isReadingCounted ? 1 : READING_STEPS) * pattern.size;
    this.isReadingCounted = true;
    const { names } = this.topics;
    for (let name = names[this.nextName]; name !== undefined && stepsLeft > 0; name = names[this.nextName]) {
      if (pattern.matches(name)) this.found.push(name);
      stepsLeft -= pattern.size * name.length;
      this.nextName++;
    }
    return stepsLeft;
  }
}
