/** A counted repetition, of which only the larger number matters. */
const REPETITION = /^\{(\d+)(?:,(\d*))?\}/;

/** Flag i anywhere: of which part of the expression it is said does not matter here. */
const IGNORES_CASE = /\(\?[a-zA-Z-]*i/;
/** A range of more than ASCII: under flag i an engine goes through all its characters, a hundred thousand at most, when it reads the expression. */
const WIDE_RANGE = /-[\\\u0080-\uffff]/g;
const WIDE_RANGE_SIZE = 256;
/** Some hundred ranges each. */
const UNICODE_CLASS = /\\[pP]/g;
const UNICODE_CLASS_SIZE = 8;

interface Part {
  /** Of what stands in it so far. */
  size: number;
  /** Of what a quantifier behind it would repeat. */
  last: number;
}

/**
 * How large a regular expression in RE2's syntax is with its repetitions written out: about the number of states that an engine goes through for each
 * character of a name, and more where it is dear to read. `(a?){1000}` is short and is not small, nor is `(?i)[\x{80}-\x{10ffff}]`. Never much too small;
 * for what is no expression any number.
 */
export function regexSize(regex: string): number {
  const ignoresCase = IGNORES_CASE.test(regex);
  const outer: Part[] = [];
  let part: Part = { size: 0, last: 0 };
  const add = (size: number): void => {
    part.size += size;
    part.last = size;
  };
  for (let at = 0; at < regex.length; at++) {
    switch (regex[at]) {
      case "\\": {
        const end = endOfEscape(regex, at);
        add(regex[at + 1] === "Q" ? end - at : 1);
        at = end;
        break;
      }
      case "[": {
        const end = endOfClass(regex, at);
        add(1 + sizeOfClass(regex.slice(at, end), ignoresCase));
        at = end;
        break;
      }
      case "(":
        outer.push(part);
        part = { size: 1, last: 0 };
        break;
      case ")": {
        const { size } = part;
        part = outer.pop() ?? part;
        add(size + 1);
        break;
      }
      case "{": {
        const repetition = REPETITION.exec(regex.slice(at, at + 30));
        if (repetition === null) {
          add(1);
          break;
        }
        const times = Math.max(1, Number(repetition[1]), Number(repetition[2] ?? 0));
        part.size += part.last * (times - 1) + times;
        part.last = (part.last + 1) * times;
        at += repetition[0].length - 1;
        break;
      }
      default:
        add(1);
    }
  }
  return outer.reduce((sum, { size }) => sum + size, part.size);
}

/** Of what is dear in it. */
const sizeOfClass = (of: string, ignoresCase: boolean): number =>
  (of.match(UNICODE_CLASS)?.length ?? 0) * UNICODE_CLASS_SIZE + (ignoresCase ? (of.match(WIDE_RANGE)?.length ?? 0) * WIDE_RANGE_SIZE : 0);

/** Of `\p{Greek}`, `\x{10FFFF}` and `\Q…\E` the last character; else the one behind the backslash. */
function endOfEscape(regex: string, at: number): number {
  const kind = regex[at + 1] ?? "";
  if (kind === "Q") {
    const end = regex.indexOf("\\E", at);
    return end < 0 ? regex.length : end + 1;
  }
  if (!"pPx".includes(kind) || regex[at + 2] !== "{") return at + 1;
  const end = regex.indexOf("}", at);
  return end < 0 ? regex.length : end;
}

/** A bracket that stands first in a class is one of its characters. */
function endOfClass(regex: string, at: number): number {
  let next = at + 1;
  if (regex[next] === "^") next++;
  if (regex[next] === "]") next++;
  while (next < regex.length && regex[next] !== "]") {
    if (regex[next] === "\\") next = endOfEscape(regex, next) + 1;
    else if (regex.startsWith("[:", next) && regex.includes(":]", next)) next = regex.indexOf(":]", next) + 2;
    else next++;
  }
  return next;
}
