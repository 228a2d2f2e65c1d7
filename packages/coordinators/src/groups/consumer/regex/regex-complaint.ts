import { RE2JS, RE2JSSyntaxException } from "re2js";

/** What is wrong with a text that is no regular expression in RE2's syntax; undefined: it is one. */
export function regexComplaint(regex: string): string | undefined {
  try {
    RE2JS.compile(regex);
    return undefined;
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return error.getDescription();
    throw error;
  }
}
