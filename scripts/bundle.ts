/** Builds what users start: generated code first, then one bundle, `dist/samsa.mjs`. Takes well under a second. */
import { spawnSync } from "node:child_process";
import { build } from "esbuild";
import { BUILD_OPTIONS } from "./bundle/build-options.ts";

const generated = spawnSync(process.execPath, ["packages/protocol/generate/main.ts"], { stdio: "inherit" });
if (generated.status !== 0) process.exit(generated.status ?? 1);

await build({
  ...BUILD_OPTIONS,
  entryPoints: ["packages/samsa/src/main.ts"],
  outfile: "dist/samsa.mjs",
  sourcemap: true,
});
