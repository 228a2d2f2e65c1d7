import { type ListedGroup, listGroupDetails } from "../admin/groups.ts";
import { OptionException, type ParsedOptions } from "../command-line/option.ts";
import { parseOptions } from "../command-line/parse-options.ts";
import { Usage } from "../command-line/usage.ts";
import { asJavaException } from "../java-exception.ts";
import { clientSettings } from "../session/client-settings.ts";
import { readProperties } from "../session/command-config.ts";
import { Session } from "../session/session.ts";
import { tellFailure } from "../tell-failure.ts";
import type { ToolIo } from "../tool.ts";
import { checkGroupOptions, GROUP_OPTIONS } from "./group-options.ts";

/** Characters of each column. */
const MIN_WIDTH = 20;

/** kafka-groups: lists groups of all types. What the options get wrong is told on stderr, what the cluster refuses on stdout. */
export async function kafkaGroups(args: readonly string[], io: ToolIo): Promise<number> {
  try {
    const parsed = understood(args);
    checkGroupOptions(parsed);
    await using session = new Session(clientSettings(parsed.valueOf("bootstrap-server") ?? "", readProperties(parsed.valueOf("command-config"))));
    return await list(session, parsed, io);
  } catch (error) {
    return tellFailure(error, io);
  }
}

function understood(args: readonly string[]): ParsedOptions {
  try {
    return parseOptions(GROUP_OPTIONS, args);
  } catch (error) {
    throw error instanceof OptionException ? new Usage(GROUP_OPTIONS).refusal(error.message) : error;
  }
}

async function list(session: Session, parsed: ParsedOptions, io: ToolIo): Promise<number> {
  try {
    const groups = await listGroupDetails(session);
    io.out(table(groups.filter((group) => isWanted(group, parsed))));
    return 0;
  } catch (error) {
    io.out(`Error while executing groups command : ${asJavaException(error).message}\n`);
    return 1;
  }
}

function isWanted({ type, protocol }: ListedGroup, parsed: ParsedOptions): boolean {
  const kind = type.toLowerCase();
  if (parsed.has("consumer")) return kind === "consumer" || (kind === "classic" && (protocol === "" || protocol === "consumer"));
  if (parsed.has("share")) return kind === "share";
  if (parsed.has("streams")) return kind === "streams";
  const [wantedType, wantedProtocol] = [parsed.valueOf("group-type"), parsed.valueOf("protocol")];
  return (wantedType === undefined || wantedType.toLowerCase() === kind) && (wantedProtocol === undefined || wantedProtocol === protocol);
}

/** All columns are as wide as the widest. */
function table(groups: readonly ListedGroup[]): string {
  const rows = groups.map(({ id, type, protocol }) => [id, capitalized(type), protocol]);
  const width = Math.max(MIN_WIDTH, ...rows.flat().map((cell) => cell.length));
  const line = (cells: readonly string[]): string => cells.map((cell) => cell.padEnd(width)).join(" ");
  return [line(["GROUP", "TYPE", "PROTOCOL"]), ...rows.map((row) => `${line(row)} `)].map((text) => `${text}\n`).join("");
}

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
