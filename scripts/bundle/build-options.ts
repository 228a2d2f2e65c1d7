import { readFileSync } from "node:fs";
import type { BuildOptions } from "esbuild";

const { version } = JSON.parse(readFileSync(new URL("../../packages/samsa/package.json", import.meta.url), "utf8")) as { readonly version: string };

/** How everything that users start is built. */
export const BUILD_OPTIONS = {
  bundle: true,
  platform: "node",
  target: "node22.15",
  format: "esm",
  legalComments: "none",
  // The engine keeps the text, and twice as large where a comment has a sign beyond Latin-1: 4 MiB of each broker. Names stay, and lines short: traces can be read.
  minifyWhitespace: true,
  lineLimit: 160,
  define: { "process.env.SAMSA_VERSION": JSON.stringify(version) },
  // The CRC is a native addon, found beside its loader; the rest of what is not bundled is CommonJS that reads its own files.
  external: ["@node-rs/crc32", "pino", "kafkajs", "msgpackr-extract", "bufferutil", "utf-8-validate"],
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
} as const satisfies BuildOptions;
