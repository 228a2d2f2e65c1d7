/** Builds what users start: generated code first, then one bundle, `dist/samsa.mjs`. Takes well under a second. */
import { spawnSync } from "node:child_process";
import { build } from "esbuild";

const generated = spawnSync(process.execPath, ["packages/protocol/generate/main.ts"], { stdio: "inherit" });
if (generated.status !== 0) process.exit(generated.status ?? 1);

await build({
  entryPoints: ["packages/samsa/src/main.ts"],
  outfile: "dist/samsa.mjs",
  bundle: true,
  platform: "node",
  target: "node22.15",
  format: "esm",
  sourcemap: true,
  legalComments: "none",
  // The engine keeps the text, and twice as large where a comment has a sign beyond Latin-1: 4 MiB of each broker. Names stay, and lines short: traces can be read.
  minifyWhitespace: true,
  lineLimit: 160,
  // The CRC is a native addon, found beside its loader; the rest of what is not bundled is CommonJS that reads its own files.
  external: ["@node-rs/crc32", "pino", "kafkajs", "msgpackr-extract", "bufferutil", "utf-8-validate"],
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
});
