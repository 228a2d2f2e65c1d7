import { ErrorCode } from "@samsa/protocol";
import { electLeaders } from "../admin/elect-leaders.ts";
import type { ParsedOptions } from "../command-line/option.ts";
import { parseOptions } from "../command-line/parse-options.ts";
import { Usage } from "../command-line/usage.ts";
import { executionException, JavaException } from "../java-exception.ts";
import { clientSettings } from "../session/client-settings.ts";
import { readProperties } from "../session/command-config.ts";
import { Session } from "../session/session.ts";
import { tellFailure } from "../tell-failure.ts";
import type { ToolIo } from "../tool.ts";
import { electionData } from "./election-data.ts";
import { checkElectionOptions, commandFailed, ELECTION_OPTIONS, electionType, ElectionType, type ElectionTypeName } from "./election-options.ts";

const PURPOSE =
  "This tool attempts to elect a new leader for a set of topic partitions. The type of elections supported are preferred replicas and unclean replicas.";
/** This tool waits no longer, unless it is told to. */
const TIMES = [
  ["default.api.timeout.ms", "30000"],
  ["request.timeout.ms", "15000"],
] as const;
const TIMEOUT_CLASS = "org.apache.kafka.common.errors.TimeoutException";

/** kafka-leader-election: has leaders elected, preferred ones or, where data may be lost, any. */
export async function kafkaLeaderElection(args: readonly string[], io: ToolIo): Promise<number> {
  try {
    await run(args, io);
    return 0;
  } catch (error) {
    return tellFailure(error, io);
  }
}

async function run(args: readonly string[], io: ToolIo): Promise<void> {
  const parsed = parseOptions(ELECTION_OPTIONS, args);
  new Usage(ELECTION_OPTIONS).checkHelpOrVersion(parsed, PURPOSE);
  checkElectionOptions(parsed);
  const type = electionType(parsed);
  const path = parsed.valueOf("path-to-json-file");
  const topic = parsed.valueOf("topic");
  const single = topic === undefined ? undefined : [{ topic, partition: parsed.integerOf("partition") ?? 0 }];
  const partitions = path === undefined ? single : electionData(path);
  const properties = new Map([...TIMES, ...readProperties(configPath(parsed, io))]);
  await using session = new Session(clientSettings(parsed.valueOf("bootstrap-server") ?? "", properties));
  try {
    tell(await electLeaders(session, ElectionType[type], partitions), type, io);
  } catch (error) {
    if (!(error instanceof JavaException) || error.suppressed.length > 0) throw error;
    if (error.javaClass !== TIMEOUT_CLASS) {
      const cause = executionException(error);
      throw new JavaException("java.lang.RuntimeException", cause.toString(), { cause });
    }
    const message = "Timeout waiting for election results";
    io.out(`${message}\n`);
    throw commandFailed(message, { cause: error });
  }
}

function configPath(parsed: ParsedOptions, io: ToolIo): string | undefined {
  if (!parsed.has("admin.config")) return parsed.valueOf("command-config");
  io.out("Option --admin.config has been deprecated and will be removed in a future version. Use --command-config instead.\n");
  return parsed.valueOf("admin.config");
}

/** Throws where a leader could not be elected. */
function tell(results: ReadonlyMap<string, JavaException | undefined>, type: ElectionTypeName, io: ToolIo): void {
  const keysWhere = (isSo: (error: JavaException | undefined) => boolean): readonly string[] =>
    [...results].filter(([, error]) => isSo(error)).map(([key]) => key);
  const isNoop = (error: JavaException | undefined): boolean => error?.errorCode === ErrorCode.ELECTION_NOT_NEEDED;
  const succeeded = keysWhere((error) => error === undefined);
  const noop = keysWhere(isNoop);
  if (succeeded.length > 0) io.out(`Successfully completed leader election (${type}) for partitions ${succeeded.join(", ")}\n`);
  if (noop.length > 0) io.out(`Valid replica already elected for partitions ${noop.join(", ")}\n`);
  const failed = [...results].flatMap(([key, error]) => (error === undefined || isNoop(error) ? [] : [{ key, error }]));
  for (const { key, error } of failed) io.out(`Error completing leader election (${type}) for partition: ${key}: ${error.toString()}\n`);
  if (failed.length > 0) throw commandFailed(`${failed.length} replica(s) could not be elected`, { suppressed: failed.map(({ error }) => error) });
}
