import { concatBytes } from "@samsa/stdx";

/** Cuts answers out of a stream, apart from the decoder that the server shares. */
export class AnswerFrames {
  readonly frames: Uint8Array[] = [];
  private rest: Uint8Array = new Uint8Array(0);

  push(bytes: Uint8Array): void {
    this.rest = this.rest.length === 0 ? bytes.slice() : concatBytes([this.rest, bytes]);
    for (;;) {
      if (this.rest.length < 4) return;
      const size = new DataView(this.rest.buffer, this.rest.byteOffset).getInt32(0);
      if (size < 0) throw new RangeError(`an answer of ${size} bytes`);
      if (this.rest.length < 4 + size) return;
      this.frames.push(this.rest.slice(4, 4 + size));
      this.rest = this.rest.slice(4 + size);
    }
  }
}
