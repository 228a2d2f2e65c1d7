/** UTF-8 as a port: the TypeScript default runs anywhere; a world may put a native one in its place. */
export interface Utf8Port {
  encode(text: string): Uint8Array;
  /** Malformed input becomes U+FFFD, as in the WHATWG decoder. */
  decode(bytes: Uint8Array): string;
}

const portable: Utf8Port = { encode: encodePortable, decode: decodePortable };
let current: Utf8Port = portable;

export const portableUtf8: Utf8Port = portable;

/** The two implementations give the same results (a property test), so that replacing one changes no decision. */
export function useUtf8(port: Utf8Port): void {
  current = port;
}

export const encodeUtf8 = (text: string): Uint8Array => current.encode(text);
export const decodeUtf8 = (bytes: Uint8Array): string => current.decode(bytes);

function encodePortable(text: string): Uint8Array {
  return encodeAscii(text) ?? encodeAny(text);
}

/** Nearly all text here is ASCII, and then its length is known before: one buffer, no copy. Undefined if it is not. */
function encodeAscii(text: string): Uint8Array | undefined {
  const { length } = text;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) >= 0x80) return undefined;
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = text.charCodeAt(i);
  return out;
}

function encodeAny(text: string): Uint8Array {
  const out = new Uint8Array(text.length * 3);
  let length = 0;
  for (const char of text) {
    const raw = char.codePointAt(0) ?? 0;
    const point = raw >= 0xd800 && raw <= 0xdfff ? 0xfffd : raw;
    if (point < 0x80) out[length++] = point;
    else if (point < 0x800) {
      out[length++] = 0xc0 | (point >> 6);
      out[length++] = 0x80 | (point & 0x3f);
    } else if (point < 0x1_0000) {
      out[length++] = 0xe0 | (point >> 12);
      out[length++] = 0x80 | ((point >> 6) & 0x3f);
      out[length++] = 0x80 | (point & 0x3f);
    } else {
      out[length++] = 0xf0 | (point >> 18);
      out[length++] = 0x80 | ((point >> 12) & 0x3f);
      out[length++] = 0x80 | ((point >> 6) & 0x3f);
      out[length++] = 0x80 | (point & 0x3f);
    }
  }
  return out.slice(0, length);
}

function decodePortable(bytes: Uint8Array): string {
  let index = asciiPrefix(bytes);
  let text = textOfAscii(bytes, index);
  while (index < bytes.length) {
    const [point, size] = decodePoint(bytes, index);
    text += String.fromCodePoint(point);
    index += size;
  }
  return text;
}

/** Bytes before the first that is not ASCII. */
function asciiPrefix(bytes: Uint8Array): number {
  let index = 0;
  while (index < bytes.length && (bytes[index] as number) < 0x80) index++;
  return index;
}

/** Four characters a call: text that grows one by one is a deep tree, which its first reader must flatten. */
function textOfAscii(bytes: Uint8Array, end: number): string {
  const at = (index: number): number => bytes[index] as number;
  let text = "";
  let i = 0;
  for (; i + 4 <= end; i += 4) text += String.fromCharCode(at(i), at(i + 1), at(i + 2), at(i + 3));
  for (; i < end; i++) text += String.fromCharCode(at(i));
  return text;
}

/** One code point and the bytes it took; a malformed sequence gives U+FFFD for its longest valid prefix. */
function decodePoint(bytes: Uint8Array, start: number): [point: number, size: number] {
  const first = bytes[start] ?? 0;
  if (first < 0x80) return [first, 1];
  const need = first >= 0xc2 && first <= 0xdf ? 1 : first >= 0xe0 && first <= 0xef ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
  if (need === 0) return [0xfffd, 1];
  let point = first & (0x3f >> need);
  for (let i = 1; i <= need; i++) {
    const next = bytes[start + i];
    if (next === undefined || !isContinuation(first, i, next)) return [0xfffd, i];
    point = (point << 6) | (next & 0x3f);
  }
  return [point, need + 1];
}

/** The first continuation byte is narrowed by overlong forms, surrogates and the end of Unicode. */
function isContinuation(first: number, position: number, byte: number): boolean {
  if (position === 1) {
    if (first === 0xe0) return byte >= 0xa0 && byte <= 0xbf;
    if (first === 0xed) return byte >= 0x80 && byte <= 0x9f;
    if (first === 0xf0) return byte >= 0x90 && byte <= 0xbf;
    if (first === 0xf4) return byte >= 0x80 && byte <= 0x8f;
  }
  return byte >= 0x80 && byte <= 0xbf;
}
