/** What is between tags as it is, up to the end of the element. */
const RAW = new Set(["script", "style"]);
/** Of the elements that a report has, those that have no end. */
const VOID = new Set(["meta", "br"]);
const TAG = /^<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9:-]*(?:="[^"<]*")?)*)\s*(\/?)>/;
const REFERENCE = /^&(?:amp|lt|gt|quot|#39);/;

/**
 * The elements of a document with their attributes' names, each once: `a href`. Throws where it is not well-formed: an element that is not ended, or ended by
 * another, a `<` or `&` that begins nothing, an attribute without quotes.
 */
export function elementsOf(document: string): ReadonlySet<string> {
  const open: string[] = [];
  const elements = new Set<string>();
  let rest = document.replace(/^<!doctype html>\n/, "");
  while (rest !== "") {
    const text = /^[^<&]+/.exec(rest)?.[0] ?? REFERENCE.exec(rest)?.[0];
    if (text !== undefined) {
      rest = rest.slice(text.length);
      continue;
    }
    const [tag, slash, name = "", attributes = "", isEmpty] = TAG.exec(rest) ?? [];
    if (tag === undefined) throw new SyntaxError(`no tag and no text: ${rest.slice(0, 60)}`);
    if (/&(?!(?:amp|lt|gt|quot|#39);)/.test(attributes)) throw new SyntaxError(`an attribute has a bare &: ${tag}`);
    rest = rest.slice(tag.length);
    if (slash === "/") {
      const last = open.pop();
      if (last !== name) throw new SyntaxError(`</${name}> ends <${String(last)}>`);
      continue;
    }
    elements.add([name, ...[...attributes.matchAll(/\s([a-zA-Z][a-zA-Z0-9:-]*)(?=[\s=]|$)(?:="[^"]*")?/g)].map((match) => match[1])].join(" "));
    if (isEmpty === "/" || VOID.has(name)) continue;
    open.push(name);
    if (RAW.has(name)) rest = rest.slice(rest.indexOf(`</${name}`));
  }
  if (open.length > 0) throw new SyntaxError(`not ended: ${open.join(" ")}`);
  return elements;
}
