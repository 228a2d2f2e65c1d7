import { readFileSync } from "node:fs";
import { parseProperties } from "@samsa/stdx";
import { JavaException } from "../java-exception.ts";

/** Properties of a file, as `--command-config FILE` gives them; none where there is no file. Throws where it can't be read. */
export function readProperties(path: string | undefined): ReadonlyMap<string, string> {
  if (path === undefined) return new Map();
  try {
    return parseProperties(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw new JavaException("java.nio.file.NoSuchFileException", path);
    throw new JavaException("java.io.IOException", error instanceof Error ? error.message : String(error));
  }
}
