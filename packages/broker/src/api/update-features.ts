import type { FeatureUpdate } from "@samsa/controller";
import { ErrorCode, type ErrorName, type UpdateFeaturesRequest } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";

const FIRST_VERSION_WITH_UPGRADE_TYPE = 1;
const FIRST_VERSION_WITHOUT_RESULTS = 2;

/** As requests number them, from 1 on. */
const UPGRADE_TYPES: readonly (FeatureUpdate["upgradeType"] | undefined)[] = [undefined, "upgrade", "safe-downgrade", "unsafe-downgrade"];

/** UpdateFeatures 0–2: all of the request is finalized or nothing is, so that there is one error for all (KIP-1022). */
export function updateFeaturesHandler(services: BrokerServices): ApiHandler<"UpdateFeatures"> {
  return {
    api: "UpdateFeatures",
    handle(request, context, now) {
      const answer = (error: ErrorName, errorMessage: string | null): void => {
        const isTold = error === "NONE" && context.apiVersion < FIRST_VERSION_WITHOUT_RESULTS;
        const results = isTold ? request.featureUpdates.map(({ feature }) => ({ feature, errorCode: 0, errorMessage: "NONE" })) : [];
        context.respond({ throttleTimeMs: 0, errorCode: ErrorCode[error], errorMessage, results });
      };
      const updates = request.featureUpdates.map((update) => toUpdate(update, context.apiVersion));
      const unknown = updates.find(({ upgradeType }) => upgradeType === undefined);
      if (unknown !== undefined)
        return answer(
          "INVALID_UPDATE_VERSION",
          failedFor(`Invalid update version ${unknown.level} for feature ${unknown.name}. The controller does not support the given upgrade type.`),
        );
      services.forwarded.ask(
        {
          type: "update-features",
          updates: updates.map((update) => ({ ...update, upgradeType: update.upgradeType ?? "upgrade" })),
          validateOnly: request.validateOnly,
        },
        { timeoutMs: request.timeoutMs, onGone: context.onGone },
        (outcome) => {
          if (outcome.type === "refused") return answer(outcome.error, outcome.message);
          const wrong = outcome.reply.features.find(({ error }) => error !== "NONE");
          if (wrong === undefined) answer("NONE", null);
          else answer(wrong.error, failedFor(wrong.message ?? ""));
        },
        now,
      );
    },
  };
}

const failedFor = (message: string): string => `The update failed for all features since the following feature had an error: ${message}`;

function toUpdate({ feature, maxVersionLevel, allowDowngrade, upgradeType }: UpdateFeaturesRequest["featureUpdates"][number], apiVersion: number) {
  const asked = apiVersion >= FIRST_VERSION_WITH_UPGRADE_TYPE ? UPGRADE_TYPES[upgradeType] : allowDowngrade ? "safe-downgrade" : "upgrade";
  return { name: feature, level: maxVersionLevel, upgradeType: asked };
}
