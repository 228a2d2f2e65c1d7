import type { ParsedOptions } from "../command-line/option.ts";
import { OptionException } from "../command-line/option.ts";
import { parseOptions } from "../command-line/parse-options.ts";
import { ToolEnded } from "../command-line/usage.ts";
import { asJavaException, runtimeException, stackTrace } from "../java-exception.ts";
import { clientSettings } from "../session/client-settings.ts";
import { readProperties } from "../session/command-config.ts";
import { Session } from "../session/session.ts";
import type { ToolIo } from "../tool.ts";
import { type Action, checkConsumerGroupOptions, USAGE } from "./check-options.ts";
import { CONSUMER_GROUP_OPTIONS } from "./consumer-group-options.ts";
import { deleteGroups } from "./delete-groups.ts";
import { deleteOffsets } from "./delete-offsets.ts";
import { describe } from "./describe.ts";
import { list } from "./list.ts";
import { resetOffsets } from "./reset-offsets.ts";
import { resetWish } from "./reset-wish.ts";
import type { Run } from "./run.ts";
import { validateRegex } from "./validate-regex.ts";

const ILLEGAL_ARGUMENT = "java.lang.IllegalArgumentException";

/** kafka-consumer-groups: lists, describes and deletes groups, and resets what they have committed. What the cluster refuses is told on stdout, with exit code 0. */
export async function kafkaConsumerGroups(args: readonly string[], io: ToolIo): Promise<number> {
  try {
    const parsed = parseOptions(CONSUMER_GROUP_OPTIONS, args);
    const action = checkConsumerGroupOptions(parsed, io);
    return action === "validate-regex" ? validate(parsed, io) : await run(action, parsed, io);
  } catch (error) {
    if (error instanceof ToolEnded) return error.tell(io);
    io.err(`Exception in thread "main" ${stackTrace(asJavaException(error))}`);
    return 1;
  }
}

function validate(parsed: ParsedOptions, io: ToolIo): number {
  try {
    io.out(validateRegex(parsed.valueOf("validate-regex") ?? ""));
    return 0;
  } catch (error) {
    throw error instanceof OptionException ? USAGE.refusal(error.message) : error;
  }
}

const RUNS: { readonly [A in Exclude<Action, "validate-regex">]: (run: Run) => Promise<void> } = {
  list,
  describe,
  delete: deleteGroups,
  "reset-offsets": resetOffsets,
  "delete-offsets": deleteOffsets,
};

async function run(action: Exclude<Action, "validate-regex">, parsed: ParsedOptions, io: ToolIo): Promise<number> {
  try {
    const settings = clientSettings(parsed.valueOf("bootstrap-server") ?? "", propertiesOf(parsed));
    // Whatever is to be done, all that may be said of a reset must make sense.
    const wish = resetWish(parsed);
    await using session = new Session({ ...settings, apiTimeoutMs: parsed.integerOf("timeout") ?? settings.apiTimeoutMs });
    await RUNS[action]({ session, parsed, io, wish });
    return 0;
  } catch (thrown) {
    if (thrown instanceof ToolEnded) throw thrown;
    const error = asJavaException(thrown);
    if (error.javaClass === ILLEGAL_ARGUMENT) throw USAGE.refusal(error.message);
    io.out(`\nError: Executing consumer group command failed due to ${error.message}\n`);
    io.err(stackTrace(error));
    return 0;
  }
}

function propertiesOf(parsed: ParsedOptions): ReadonlyMap<string, string> {
  try {
    return readProperties(parsed.valueOf("command-config"));
  } catch (error) {
    throw error instanceof OptionException ? error : runtimeException(asJavaException(error));
  }
}
