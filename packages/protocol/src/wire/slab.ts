const SLAB_BYTES = 32 * 1024;
const FROM_SLAB_BYTES_MAX = 2 * 1024;

let slab = new ArrayBuffer(SLAB_BYTES);
let used = 0;

/**
 * So many zeros. Small ones are cut from slabs, for an array buffer of its own for each small message costs more than
 * writing it. No byte of a slab is given out twice, so that messages never share bytes; a part of a slab keeps all of it alive.
 */
export function allocate(size: number): Uint8Array {
  if (size > FROM_SLAB_BYTES_MAX) return new Uint8Array(size);
  if (used + size > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    used = 0;
  }
  used += size;
  return new Uint8Array(slab, used - size, size);
}
