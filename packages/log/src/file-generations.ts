/**
 * How often each file was truncated or deleted in this life of the node, in step with the shell's own count: a slice
 * names the generation it was made in, and the shell refuses one that has passed. The logs of a node that may come to
 * use the same path one after the other (a topic deleted and created again) share one such count.
 */
export class FileGenerations {
  private readonly generations = new Map<string, number>();

  of(path: string): number {
    return this.generations.get(path) ?? 0;
  }

  /** To be called when the effect that truncates or deletes the file goes to the outbox. */
  next(path: string): number {
    const generation = this.of(path) + 1;
    this.generations.set(path, generation);
    return generation;
  }
}
