import type { ApiDescription, HeaderDescription } from "../generate/description.ts";
import { produce } from "./00-produce.ts";
import { fetch } from "./01-fetch.ts";
import { listOffsets } from "./02-list-offsets.ts";
import { metadata } from "./03-metadata.ts";
import { saslHandshake } from "./17-sasl-handshake.ts";
import { apiVersions } from "./18-api-versions.ts";
import { createTopics } from "./19-create-topics.ts";
import { initProducerId } from "./22-init-producer-id.ts";
import { saslAuthenticate } from "./36-sasl-authenticate.ts";
import { requestHeader, responseHeader } from "./headers.ts";

/** Ordered by API key. */
export const apiDescriptions: readonly ApiDescription[] = [
  produce,
  fetch,
  listOffsets,
  metadata,
  saslHandshake,
  apiVersions,
  createTopics,
  initProducerId,
  saslAuthenticate,
];

export const headerDescriptions: readonly HeaderDescription[] = [requestHeader, responseHeader];
