/**
 * Fails where a module imports what its package may not (`scripts/boundaries/layers.ts`), or where a manifest does not say what is imported.
 *
 *   node scripts/check-boundaries.ts           checks
 *   node scripts/check-boundaries.ts --write   first makes package.json and tsconfig.json of each package say what its sources import
 */
import { checkBoundaries } from "./boundaries/check.ts";
import { readWorkspace } from "./boundaries/workspace.ts";
import { writeManifests } from "./boundaries/write-manifests.ts";

if (process.argv.includes("--write")) writeManifests(readWorkspace());
const workspace = readWorkspace();
const { modules, imports, problems } = checkBoundaries(workspace);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`boundaries: ${workspace.length} packages, ${modules} modules, ${imports} imports, ${problems.length} problems\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
