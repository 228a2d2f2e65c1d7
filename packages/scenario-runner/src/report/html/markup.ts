const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** What XML can't carry at all, however it is written. */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** Text as it is written within elements and attributes of HTML and SVG. */
export const escaped = (text: string): string => text.replaceAll(FORBIDDEN, "\uFFFD").replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");

/** Markup that may be used as it is; everything else is escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = string | number | Markup | readonly Markup[];

/** Markup with values in it. A value is escaped unless it is markup itself: nobody has to think of it, and nobody can forget it. */
export function markup(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.map((part, index) => part + (index < values.length ? textOf(values[index] ?? "") : "")).join(""));
}

export const NOTHING = new Markup("");

function textOf(value: Content): string {
  if (value instanceof Markup) return value.text;
  return typeof value === "string" || typeof value === "number" ? escaped(String(value)) : value.map(({ text }) => text).join("");
}

/** Data within a script element: nothing in it can end the element. */
export const scriptData = (data: unknown): Markup =>
  new Markup(JSON.stringify(data).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029"));
