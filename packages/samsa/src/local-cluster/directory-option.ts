import { basename } from "node:path";
import { ClusterDirectory, DEFAULT_DIRECTORY } from "./cluster-directory.ts";

export const DIRECTORY_OPTION = { data: { type: "string" } } as const;

export const DIRECTORY_HELP = `  --data DIR     where the cluster lives (default: ${DEFAULT_DIRECTORY} in the working directory)`;

export const directoryOf = ({ data }: { readonly data?: string | undefined }): ClusterDirectory => new ClusterDirectory(data ?? DEFAULT_DIRECTORY);

/** A command as the user would type it now: by the way this program was started, and for this cluster. */
export function commandLine(command: string, { data }: { readonly data?: string | undefined }): string {
  const [, program = "samsa"] = process.argv;
  const name = process.env.SAMSA_COMMAND ?? (program.endsWith(".mjs") ? `node ${program}` : basename(program));
  return `${name} ${command}${data === undefined ? "" : ` --data ${data}`}`;
}
