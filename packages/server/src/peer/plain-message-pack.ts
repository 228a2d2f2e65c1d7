/** Deeper than any message of ours. */
const MAX_DEPTH = 16;
/** More than any message of ours: an AlterPartition of 10 000 partitions has some 300 000. */
const MAX_VALUES = 1_000_000;

/** What a value's first byte says: bytes of its own head, bytes of content, and values inside. */
interface Head {
  readonly headBytes: number;
  readonly contentBytes: number;
  readonly values: number;
}

/** An array or a map that has begun. */
interface Open {
  readonly isMap: boolean;
  /** Values to come; in a map an even number of them: next is a key. */
  left: number;
}

/**
 * True if the bytes are one MessagePack value of plain kinds (nil, boolean, number, text, bytes, array, map with texts for keys) with every
 * length within what is there, bounded in depth and number. Nothing is allocated for what is only claimed, so it is asked before anything is
 * decoded: 2^31 elements that are not there cost nothing. Extensions are refused: a decoder's own ones (dates, sets, patterns, records,
 * back references) are more than we ever send.
 */
export function isPlainMessagePack(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const open: Open[] = [{ isMap: false, left: 1 }];
  let position = 0;
  let seen = 0;
  for (let inner = open.at(-1); inner !== undefined; inner = open.at(-1)) {
    if (inner.left === 0) {
      open.pop();
      continue;
    }
    const head = readHead(view, position);
    if (head === undefined || ++seen > MAX_VALUES) return false;
    const token = view.getUint8(position);
    if (inner.isMap && inner.left % 2 === 0 && !isText(token)) return false;
    inner.left--;
    position += head.headBytes + head.contentBytes;
    // Each value inside takes at least a byte.
    if (position + head.values > bytes.length) return false;
    if (head.values === 0) continue;
    if (open.length >= MAX_DEPTH) return false;
    open.push({ isMap: isMap(token), left: head.values });
  }
  return position === bytes.length;
}

const isText = (token: number): boolean => (token >= 0xa0 && token < 0xc0) || (token >= 0xd9 && token <= 0xdb);
const isMap = (token: number): boolean => token < 0x90 || token >= 0xde;

const plain = (headBytes: number, contentBytes = 0, values = 0): Head => ({ headBytes, contentBytes, values });

/** Undefined where there is no byte, not the whole head, or a kind that we never send. */
function readHead(view: DataView, at: number): Head | undefined {
  if (at >= view.byteLength) return undefined;
  const token = view.getUint8(at);
  if (token < 0x80 || token >= 0xe0) return plain(1);
  if (token < 0x90) return plain(1, 0, 2 * (token & 0x0f));
  if (token < 0xa0) return plain(1, 0, token & 0x0f);
  if (token < 0xc0) return plain(1, token & 0x1f);
  const fixed = FIXED_BYTES.get(token);
  if (fixed !== undefined) return plain(1, fixed);
  const sized = SIZED.get(token);
  if (sized === undefined || at + 1 + sized.lengthBytes > view.byteLength) return undefined;
  const length = readLength(view, at + 1, sized.lengthBytes);
  return plain(1 + sized.lengthBytes, sized.contentBytesEach * length, sized.valuesEach * length);
}

function readLength(view: DataView, at: number, lengthBytes: number): number {
  if (lengthBytes === 1) return view.getUint8(at);
  return lengthBytes === 2 ? view.getUint16(at) : view.getUint32(at);
}

/** nil, false, true, the floats and the integers: bytes after the first. */
const FIXED_BYTES: ReadonlyMap<number, number> = new Map([
  [0xc0, 0],
  [0xc2, 0],
  [0xc3, 0],
  [0xca, 4],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
  [0xd3, 8],
]);

interface Sized {
  readonly lengthBytes: 1 | 2 | 4;
  readonly contentBytesEach: 0 | 1;
  readonly valuesEach: 0 | 1 | 2;
}

const content = (lengthBytes: 1 | 2 | 4): Sized => ({ lengthBytes, contentBytesEach: 1, valuesEach: 0 });
const array = (lengthBytes: 2 | 4): Sized => ({ lengthBytes, contentBytesEach: 0, valuesEach: 1 });
const map = (lengthBytes: 2 | 4): Sized => ({ lengthBytes, contentBytesEach: 0, valuesEach: 2 });

/** Bytes, texts, arrays and maps with a length behind the first byte. */
const SIZED: ReadonlyMap<number, Sized> = new Map([
  [0xc4, content(1)],
  [0xc5, content(2)],
  [0xc6, content(4)],
  [0xd9, content(1)],
  [0xda, content(2)],
  [0xdb, content(4)],
  [0xdc, array(2)],
  [0xdd, array(4)],
  [0xde, map(2)],
  [0xdf, map(4)],
]);
