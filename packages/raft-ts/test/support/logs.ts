import { LOG_START } from "../../src/index.ts";
import { RaftLog } from "../../src/raft-log.ts";
import { VoterSet } from "../../src/voter-set.ts";
import { entry, voters } from "./replicas.ts";

/** A log of one entry a term listed, from the first index on. */
export const logOf = (terms: readonly number[], size = 1): RaftLog =>
  new RaftLog({
    base: LOG_START,
    entries: terms.map((term, i) =>
      entry(
        i + 1,
        term,
        Array.from({ length: size }, () => 0),
      ),
    ),
    voters: { index: 0, voters: new VoterSet(voters(1, 2, 3)) },
  });
