import type { FeatureUpdate } from "@samsa/controller";
import { SUPPORTED_FEATURES } from "@samsa/metadata";
import { expect, test } from "vitest";
import { Quorum } from "./support/quorum.ts";

const to = (level: number, upgradeType: FeatureUpdate["upgradeType"] = "upgrade", name = "metadata.version"): FeatureUpdate => ({ name, level, upgradeType });
const update = (quorum: Quorum, updates: readonly FeatureUpdate[], validateOnly = false) =>
  quorum.ask({ type: "update-features", updates, validateOnly }).features;
const levels = (quorum: Quorum) => Object.fromEntries(quorum.controller.image.features);
const NEWEST = Object.fromEntries(SUPPORTED_FEATURES.map(({ name, maxLevel }) => [name, maxLevel]));

test("a new cluster works at the newest levels that its first controller knows", () => {
  expect(levels(Quorum.with([1]))).toEqual(NEWEST);
});

test("a level goes down where that is asked for, and up again", () => {
  const quorum = Quorum.with([1, 2]);
  expect(update(quorum, [to(20, "safe-downgrade")])).toEqual([{ name: "metadata.version", error: "NONE", message: null }]);
  expect(levels(quorum)).toEqual({ ...NEWEST, "metadata.version": 20 });
  expect(update(quorum, [to(25)])).toMatchObject([{ error: "NONE" }]);
  expect(levels(quorum)).toEqual({ ...NEWEST, "metadata.version": 25 });
});

test("a level that is final already needs no record, so that a request may come again", () => {
  const quorum = Quorum.with([1]);
  const entries = quorum.entries.length;
  expect(update(quorum, [to(30)])).toMatchObject([{ error: "NONE" }]);
  expect(quorum.entries.length).toBe(entries);
});

test("validateOnly changes nothing, and with one update that can't be none is carried out", () => {
  const quorum = Quorum.with([1]);
  expect(update(quorum, [to(20, "safe-downgrade")], true)).toMatchObject([{ error: "NONE" }]);
  expect(update(quorum, [to(20, "safe-downgrade"), to(9, "upgrade", "samsa.version")]).map(({ error }) => error)).toEqual(["NONE", "INVALID_UPDATE_VERSION"]);
  expect(levels(quorum)).toEqual(NEWEST);
});

test.each<[string, FeatureUpdate, string]>([
  ["below zero", to(-1), "A feature version cannot be less than 0."],
  ["beyond what the controller knows", to(31), "Local controller 1 only supports versions 7-30"],
  ["of a feature that nobody knows", to(1, "upgrade", "nope"), "Local controller 1 does not support this feature."],
  ["beyond what a broker knows", to(30), "Broker 2 only supports versions 7-25"],
  [
    "that is lower and called an upgrade",
    to(20),
    "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
  ],
  ["that is higher and called a downgrade", to(25, "safe-downgrade"), "Can't downgrade to a newer version."],
])("a level %s is refused in Kafka's words", (_, asked, reason) => {
  const quorum = Quorum.with([1]);
  update(quorum, [to(24, "safe-downgrade")]);
  quorum.register(2, 2, { features: SUPPORTED_FEATURES.map((range) => (range.name === "metadata.version" ? { ...range, maxLevel: 25 } : range)) });
  const message = `Invalid update version ${asked.level} for feature ${asked.name}. ${reason}`;
  expect(update(quorum, [asked])).toEqual([{ name: asked.name, error: "INVALID_UPDATE_VERSION", message }]);
});

test("a request that names a feature twice, or more than there are, is refused", () => {
  const quorum = Quorum.with([1]);
  expect(quorum.ask({ type: "update-features", updates: [to(20, "safe-downgrade"), to(30)], validateOnly: false }).error).toBe("INVALID_REQUEST");
  const many = Array.from({ length: 101 }, (_, n) => to(1, "upgrade", `f${n}`));
  expect(quorum.ask({ type: "update-features", updates: many, validateOnly: false }).error).toBe("INVALID_REQUEST");
});
