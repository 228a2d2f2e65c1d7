/** Text in pieces, as lines: as with Java's reader, each ends with a line feed, a carriage return or both, or where the text ends. */
export class Lines {
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  private rest = "";
  /** A carriage return came last: a line feed behind it belongs to it. */
  private isBehindReturn = false;

  /** The lines that end in these bytes. */
  push(bytes: Uint8Array): readonly string[] {
    return this.split(this.decoder.decode(bytes, { stream: true }));
  }

  /** The last one, if it has no end. */
  end(): readonly string[] {
    const lines = this.split(this.decoder.decode());
    return this.rest === "" ? lines : [...lines, this.rest];
  }

  private split(text: string): readonly string[] {
    if (text === "") return [];
    const pieces = (this.isBehindReturn && text.startsWith("\n") ? text.slice(1) : text).split(/\r\n|\r|\n/);
    this.isBehindReturn = text.endsWith("\r");
    const [first = "", ...others] = pieces;
    // The rest is not looked at again: a line of a hundred million characters comes in many pieces.
    const lines = [this.rest + first, ...others];
    this.rest = lines.pop() ?? "";
    return lines;
  }
}
