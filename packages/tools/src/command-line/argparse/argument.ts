import { JavaException } from "../../java-exception.ts";

/** One argument of a tool whose options argparse4j understands, as Kafka declares it. */
export interface Argument {
  /** `--name`, as it is given. */
  readonly flag: string;
  readonly help: string;
  /** What it takes is shown as this; none: it takes nothing, and is true when it is given. */
  readonly metavar?: string;
  /** String if it is left out. */
  readonly type?: "Integer" | "Long";
  readonly default?: string;
  readonly choices?: readonly string[];
  readonly isRequired?: boolean;
}

/** Arguments under a heading of their own, exactly one of which must be given. */
export interface ArgumentGroup {
  readonly title: string;
  readonly description: string;
  readonly members: readonly Argument[];
}

export interface ArgumentParser {
  readonly program: string;
  readonly description: string;
  readonly arguments: readonly Argument[];
  readonly group: ArgumentGroup;
}

/** The program's own: they were not understood, or help was asked for. */
export class ArgumentParserException extends JavaException {
  /** What an argument was taken for that is none; its name without dashes. */
  readonly unrecognized: string | undefined;

  constructor(message: string, unrecognized?: string) {
    super("net.sourceforge.argparse4j.inf.ArgumentParserException", message);
    this.unrecognized = unrecognized;
  }
}

export const allArguments = ({ arguments: own, group }: ArgumentParser): readonly Argument[] => [...own, ...group.members];
