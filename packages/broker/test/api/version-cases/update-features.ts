import type { ApiInputs } from "@samsa/protocol";
import { ErrorCode } from "@samsa/protocol";
import { expect } from "vitest";
import { forwarded } from "./controller-answers.ts";
import type { VersionCase } from "./version-case.ts";

const FIRST_VERSION_WITH_TYPE = 1;
const FIRST_VERSION_WITHOUT_RESULTS = 2;
const SAFE_DOWNGRADE = 2;

const requestOf = (version: number): ApiInputs["UpdateFeatures"]["request"] => {
  const isTyped = version >= FIRST_VERSION_WITH_TYPE;
  const update = { feature: "metadata.version", maxVersionLevel: 29, allowDowngrade: !isTyped, upgradeType: isTyped ? SAFE_DOWNGRADE : 1 };
  return { timeoutMs: 1_000, featureUpdates: [update], validateOnly: isTyped };
};
const asked = (version: number) => ({ api: "UpdateFeatures", version, request: requestOf(version) }) as const;

export const updateFeatures: VersionCase = {
  api: "UpdateFeatures",
  serves: [
    "has the controller finalize levels, down as well where that is said",
    (version) => {
      const { command, answer } = forwarded(asked(version), {
        type: "update-features",
        error: "NONE",
        features: [{ name: "metadata.version", error: "NONE", message: null }],
      });
      const updates = [{ name: "metadata.version", level: 29, upgradeType: "safe-downgrade" }];
      expect(command).toEqual({ type: "update-features", updates, validateOnly: version >= FIRST_VERSION_WITH_TYPE });
      const results = version < FIRST_VERSION_WITHOUT_RESULTS ? [{ feature: "metadata.version", errorCode: 0, errorMessage: "NONE" }] : [];
      expect(answer).toMatchObject({ errorCode: 0, errorMessage: null, results });
    },
  ],
  refuses: [
    "all where one level can't be",
    (version) => {
      const { answer } = forwarded(asked(version), {
        type: "update-features",
        error: "NONE",
        features: [{ name: "metadata.version", error: "INVALID_UPDATE_VERSION", message: "Why." }],
      });
      const errorMessage = "The update failed for all features since the following feature had an error: Why.";
      expect(answer).toMatchObject({ errorCode: ErrorCode.INVALID_UPDATE_VERSION, errorMessage, results: [] });
    },
  ],
};
