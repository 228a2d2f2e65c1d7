import { styleText } from "node:util";
import { type Recording, type Segment, terminalPicture, type Tone } from "@samsa/scenario-runner";

/** Where the width is not known, such as in a file. */
const WIDTH_UNKNOWN = 100;
/** Of a very wide terminal no more is used. */
const WIDTH_MAX = 160;

const STYLES: Readonly<Record<Tone, Parameters<typeof styleText>[0] | undefined>> = {
  plain: undefined,
  head: "bold",
  good: "green",
  doubtful: "yellow",
  bad: "red",
  faint: "dim",
};

/** The run as lines of characters, as wide as the stream's terminal; with colours where it shows them, which `styleText` finds out (NO_COLOR among it). */
export function paintPicture(recording: Recording, stream: NodeJS.WriteStream): string {
  const width = Math.min(WIDTH_MAX, stream.isTTY && stream.columns > 0 ? stream.columns : WIDTH_UNKNOWN);
  const styled = ({ text, tone }: Segment): string => {
    const style = STYLES[tone];
    return style === undefined ? text : styleText(style, text, { stream });
  };
  return terminalPicture(recording, width)
    .map((line) => line.map(styled).join("").trimEnd())
    .join("\n");
}
