import type { SimulationInput } from "./simulation-input.ts";

/** The command that runs `input` again and tells its story: the whole input, for what a seed stands for may change. */
export const replayCommand = (input: SimulationInput): string => `samsa sim --seed ${input.seed} --plan ${quoted(JSON.stringify(input))}`;

/** For a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
