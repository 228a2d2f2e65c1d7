import { type FeatureRange, type MetadataImage, type MetadataRecord, SUPPORTED_FEATURES } from "@samsa/metadata";
import type { ControllerRequest, FeatureUpdate, FeatureUpdated } from "./api.ts";
import { answer, type Decision } from "./decision.ts";
import { errorReply } from "./error-reply.ts";

type UpdateFeatures = Extract<ControllerRequest, { type: "update-features" }>;

/** Features that one request may name: there are no more. */
const MAX_UPDATES = 100;

/** Finalizes levels of features (KIP-584): all of the request, or, where one can't be, none (KIP-1022). A level that is final already needs no record. */
export function updateFeatures(image: MetadataImage, request: UpdateFeatures, self: number): Decision {
  const { type, updates, validateOnly } = request;
  const names = updates.map(({ name }) => name);
  if (updates.length > MAX_UPDATES || new Set(names).size < names.length) return answer(errorReply(type, "INVALID_REQUEST"));
  const features = updates.map((update): FeatureUpdated => {
    const wrong = updateFault(image, update, self);
    if (wrong === undefined) return { name: update.name, error: "NONE", message: null };
    return { name: update.name, error: "INVALID_UPDATE_VERSION", message: `Invalid update version ${update.level} for feature ${update.name}. ${wrong}` };
  });
  const isRefused = features.some(({ error }) => error !== "NONE");
  const records = updates
    .filter(({ name, level }) => (image.features.get(name) ?? 0) !== level)
    .map(({ name, level }): MetadataRecord => ({ type: "feature-level", name, level }));
  const reply = { type, error: "NONE", features } as const;
  return isRefused || validateOnly ? answer(reply) : { records, because: "features updated", reply };
}

function updateFault(image: MetadataImage, { name, level, upgradeType }: FeatureUpdate, self: number): string | undefined {
  const current = image.features.get(name) ?? 0;
  if (level < 0) return "A feature version cannot be less than 0.";
  const unsupported = unsupportedBy(`Local controller ${self}`, SUPPORTED_FEATURES, { name, level }) ?? unsupportedByBrokers(image, { name, level });
  if (unsupported !== undefined) return unsupported;
  if (level < current && upgradeType === "upgrade")
    return "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.";
  return level > current && upgradeType !== "upgrade" ? "Can't downgrade to a newer version." : undefined;
}

function unsupportedByBrokers(image: MetadataImage, feature: { readonly name: string; readonly level: number }): string | undefined {
  for (const broker of image.brokers.values()) {
    const reason = unsupportedBy(`Broker ${broker.brokerId}`, broker.features, feature);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function unsupportedBy(who: string, ranges: readonly FeatureRange[], { name, level }: { readonly name: string; readonly level: number }): string | undefined {
  const range = ranges.find((one) => one.name === name);
  if (range === undefined) return `${who} does not support this feature.`;
  // Level 0 is the absence of a feature, which everybody can do without if it may be absent at all.
  const isIn = level >= range.minLevel && level <= range.maxLevel;
  return isIn ? undefined : `${who} only supports versions ${range.minLevel}-${range.maxLevel}`;
}

/** Why a broker of such ranges can't be in a cluster with these finalized levels; undefined if it can. */
export function registrationFault(image: MetadataImage, ranges: readonly FeatureRange[]): string | undefined {
  for (const [name, level] of image.features) {
    const { minLevel, maxLevel } = ranges.find((range) => range.name === name) ?? { minLevel: 0, maxLevel: 0 };
    if (level < minLevel || level > maxLevel)
      return (
        `Unable to register because the broker does not support finalized version ${level} of ${name}. ` +
        `The broker wants a version between ${minLevel} and ${maxLevel}, inclusive.`
      );
  }
  return undefined;
}
