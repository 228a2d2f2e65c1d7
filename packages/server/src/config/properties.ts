/** Parses a `.properties` text: `key=value` lines, `#` and `!` comments, a backslash at the end joins the next line. */
export function parseProperties(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  const joined = text.replace(/\\\r?\n[ \t]*/g, "");
  for (const line of joined.split(/\r?\n/)) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#") || trimmed.startsWith("!")) continue;
    const split = /^([^=:\s]+)\s*[=:\s]\s*(.*)$/.exec(trimmed);
    if (split === null) properties.set(trimmed, "");
    else properties.set(split[1] ?? "", split[2] ?? "");
  }
  return properties;
}
