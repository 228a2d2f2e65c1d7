const SIZE_BYTES = 4;

/** Counts the frames in what a broker writes, without keeping any of it. */
export class AnswerCounter {
  private sizeBytesSeen = 0;
  private size = 0;
  private bytesLeft = 0;

  /** How many frames end in these bytes. */
  push(bytes: Uint8Array): number {
    let frames = 0;
    let position = 0;
    while (position < bytes.length) {
      if (this.bytesLeft === 0) {
        // What the size before it has left leaves on the left.
        this.size = ((this.size << 8) | (bytes[position++] ?? 0)) >>> 0;
        if (++this.sizeBytesSeen < SIZE_BYTES) continue;
        this.bytesLeft = this.size;
      } else {
        const taken = Math.min(this.bytesLeft, bytes.length - position);
        position += taken;
        this.bytesLeft -= taken;
      }
      if (this.bytesLeft > 0) continue;
      frames++;
      this.sizeBytesSeen = 0;
    }
    return frames;
  }
}
