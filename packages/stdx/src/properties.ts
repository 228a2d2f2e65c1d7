/** Parses a `.properties` text: `key=value` lines, `#` and `!` comments, a backslash at the end joins the next line. */
export function parseProperties(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const trimmed of logicalLines(text)) {
    const split = /^([^=:\s]+)\s*[=:\s]\s*(.*)$/.exec(trimmed);
    if (split === null) properties.set(trimmed, "");
    else properties.set(split[1] ?? "", split[2] ?? "");
  }
  return properties;
}

/** Without blank lines and comments; a comment that ends in a backslash does not swallow the line behind it. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let begun: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim();
    if (begun === undefined && (trimmed === "" || trimmed.startsWith("#") || trimmed.startsWith("!"))) continue;
    const whole = (begun ?? "") + trimmed;
    const isContinued = /(?:^|[^\\])(?:\\\\)*\\$/.test(whole);
    begun = isContinued ? whole.slice(0, -1) : undefined;
    if (begun === undefined) lines.push(whole);
  }
  if (begun !== undefined) lines.push(begun);
  return lines;
}
