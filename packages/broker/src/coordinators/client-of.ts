import type { ClientIdentity } from "@samsa/coordinators";
import type { RequestContext } from "../request-context.ts";

/** Who asks, as groups show their members. */
export const clientOf = ({ clientId, connection, apiVersion }: RequestContext<never>): ClientIdentity => ({
  clientId: clientId ?? "",
  clientHost: connection.clientHost,
  apiVersion,
});
