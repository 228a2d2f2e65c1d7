import { deleteGroup } from "../admin/group-offsets.ts";
import { JavaException } from "../java-exception.ts";
import { type Run, wantedGroups } from "./run.ts";
import { errorLine } from "./table.ts";

/** `--delete`: groups without members, each by itself. */
export async function deleteGroups(run: Run): Promise<void> {
  const { session, io } = run;
  const groups = [...new Set(await wantedGroups(run))];
  const results = await Promise.all(groups.map(async (group) => ({ group, error: await errorOf(deleteGroup(session, group)) })));
  const failed = results.filter(({ error }) => error !== undefined);
  const deleted = results
    .filter(({ error }) => error === undefined)
    .map(({ group }) => `'${group}'`)
    .join(", ");
  if (failed.length === 0) return io.out(`Deletion of requested consumer groups (${deleted}) was successful.\n`);
  io.out(errorLine("Deletion of some consumer groups failed:"));
  for (const { group, error } of failed) io.out(`* Group '${group}' could not be deleted due to: ${String(error)}\n`);
  if (deleted !== "") io.out(`\nThese consumer groups were deleted successfully: ${deleted}\n`);
}

async function errorOf(act: Promise<void>): Promise<JavaException | undefined> {
  try {
    await act;
    return undefined;
  } catch (error) {
    if (error instanceof JavaException) return error;
    throw error;
  }
}
