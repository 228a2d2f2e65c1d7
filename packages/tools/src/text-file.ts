import { readFileSync } from "node:fs";
import { JavaException } from "./java-exception.ts";

/** Throws, as Java does, where it can't be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    const cause = new JavaException("java.nio.file.NoSuchFileException", path);
    throw new JavaException("java.io.IOException", `Unable to read file ${path}`, { cause });
  }
}
