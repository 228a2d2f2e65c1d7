/** The quorum broke a promise. */
export class Violation extends Error {
  /** As reliability catalogues name it. */
  readonly property: string;

  constructor(property: string, detail: string) {
    super(`${property}: ${detail}`);
    this.property = property;
  }
}
