/** The default of a field of bytes. */
export const NO_BYTES = new Uint8Array(0);
