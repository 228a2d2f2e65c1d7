/** Fails where a module imports what its package may not (`scripts/boundaries/layers.ts`), or where a manifest does not say what is imported. */
import { checkBoundaries } from "./boundaries/check.ts";
import { readWorkspace } from "./boundaries/workspace.ts";

const workspace = readWorkspace();
const { modules, imports, problems } = checkBoundaries(workspace);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`boundaries: ${workspace.length} packages, ${modules} modules, ${imports} imports, ${problems.length} problems\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
