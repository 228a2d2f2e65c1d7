/** The command line can't be understood: exit code 2. */
export class UsageError extends Error {
  readonly code = "USAGE";
}
