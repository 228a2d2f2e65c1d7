import { regexComplaint } from "@samsa/coordinators";

/** What Kafka's own library says to a parenthesis that nothing has opened. */
const COMPLAINTS: Readonly<Record<string, string>> = { "unexpected )": "regexp/syntax: internal error" };

/** `--validate-regex`: whether brokers would understand it as a subscription. */
export function validateRegex(regex: string): string {
  const complaint = regexComplaint(regex);
  if (complaint === undefined) return `The regular expression \`${regex}\` is valid.\n`;
  return `The regular expression \`${regex}\` is invalid: ${COMPLAINTS[complaint] ?? complaint}.\n`;
}
