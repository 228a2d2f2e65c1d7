import { apis, newApiVersionsRequest } from "@samsa/protocol";
import { CLIENT_CONFIGS, IP_CONFIGS } from "../admin/config-names.ts";
import { clientError, illegalArgument, type JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import type { ConfigChanges } from "./changes.ts";
import type { Entities } from "./entities.ts";

/** APIs of quotas and of SCRAM credentials. The protocol here has no words for them: no broker of ours answers them. */
const APIS = { DESCRIBE_CLIENT_QUOTAS: 48, ALTER_USER_SCRAM_CREDENTIALS: 51 } as const;
type QuotaApi = keyof typeof APIS;

const isQuota = (key: string): boolean => CLIENT_CONFIGS.includes(key);
const isScram = (key: string): boolean => key === "SCRAM-SHA-256" || key === "SCRAM-SHA-512";
const isUnknown = (key: string): boolean => !isQuota(key) && !isScram(key);

/** What describing quotas ends with. */
export const describeQuotas = (session: Session): Promise<JavaException> => refusal(session, "DESCRIBE_CLIENT_QUOTAS");

/** What altering quotas or credentials ends with. Throws where these entities do not have such configs. */
export async function alterQuotas(session: Session, { types, names }: Entities, changes: ConfigChanges): Promise<JavaException> {
  const added = [...changes.added.keys()];
  const all = [...added, ...changes.deleted];
  if (types[0] === "ips") {
    const unknown = all.filter((key) => !IP_CONFIGS.includes(key));
    if (unknown.length > 0)
      throw illegalArgument(`Only connection quota configs can be added for 'ips' using --bootstrap-server. Unexpected config names: ${unknown.join(",")}`);
    return refusal(session, "DESCRIBE_CLIENT_QUOTAS");
  }
  if (types[0] === "clients" || types.length === 2) checkClient(added, changes.deleted);
  else checkUser(added, changes.deleted, names);
  return refusal(session, all.some(isQuota) ? "DESCRIBE_CLIENT_QUOTAS" : "ALTER_USER_SCRAM_CREDENTIALS");
}

function checkClient(added: readonly string[], deleted: readonly string[]): void {
  const [badlyAdded, badlyDeleted] = [added, deleted].map((keys) => keys.filter((key) => !isQuota(key)));
  if (badlyAdded !== undefined && badlyAdded.length > 0) throw onlyThese("Only quota configs can be added for 'clients'", "Set", badlyAdded);
  if (badlyDeleted !== undefined && badlyDeleted.length > 0) throw onlyThese("Only quota configs can be deleted for 'clients'", "ArrayBuffer", badlyDeleted);
}

function checkUser(added: readonly string[], deleted: readonly string[], names: readonly string[]): void {
  if (added.some(isUnknown)) throw onlyThese("Only quota and SCRAM credential configs can be added for 'users'", "Set", added.filter(isUnknown));
  if (deleted.some(isUnknown)) throw onlyThese("Only quota and SCRAM credential configs can be deleted for 'users'", "ArrayBuffer", deleted.filter(isUnknown));
  const all = [...added, ...deleted];
  if (!all.some(isScram)) return;
  if (names.includes(""))
    throw illegalArgument("The use of --entity-default or --user-defaults is not allowed with User SCRAM Credentials using --bootstrap-server.");
  if (all.some(isQuota)) throw illegalArgument("Cannot alter both quota and SCRAM credential configs simultaneously for 'users' using --bootstrap-server.");
}

/** Scala shows what kind of collection it has. */
const onlyThese = (rule: string, collection: string, keys: readonly string[]): JavaException =>
  illegalArgument(`${rule} using --bootstrap-server. Unexpected config names: ${collection}(${keys.join(", ")})`);

async function refusal(session: Session, api: QuotaApi): Promise<JavaException> {
  const { apiKeys } = await session.request({
    callName: api === "DESCRIBE_CLIENT_QUOTAS" ? "describeClientQuotas" : "alterUserScramCredentials",
    api: apis.ApiVersions,
    request: () => newApiVersionsRequest({ clientSoftwareName: "samsa", clientSoftwareVersion: "0" }),
    target: { type: "any" },
  });
  const isThere = apiKeys.some(({ apiKey }) => apiKey === APIS[api]);
  return clientError("UnsupportedVersionException", isThere ? `The node supports ${api}, but this tool does not` : `The node does not support ${api}`);
}
