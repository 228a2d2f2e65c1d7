/**
 * What a page does where scripts run; without it everything is there but the line under the picture. Text is only ever set as text.
 * The data are those of `figure-section.ts`.
 */
export const PAGE_SCRIPT = `"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const picture = byId("picture"), readout = byId("readout"), cursor = byId("cursor"), svg = picture.querySelector("svg");
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const { left, right, endMs: scaleEndMs } = data.scale;
  let atMs = null, isHeld = false;
  readout.hidden = false;
  const idle = "Point at the picture, or use the arrow keys in it, to read off a moment.";
  readout.textContent = idle;
  readout.style.whiteSpace = "pre-line";

  const at = (bands) => bands.find(([from, to]) => from <= atMs && atMs < to);
  const seconds = (ms) => (ms / 1000).toFixed(3) + " s";
  const partitionWords = ({ name, leaders, isr, acked, errors }) => {
    const leader = at(leaders), members = at(isr), bucket = Math.floor(atMs / data.bucketMs), failed = errors[bucket] || 0;
    const led = leader === undefined ? "not there yet" : leader[2] < 0 ? "led by nobody" : "led by " + leader[2] + " (epoch " + leader[3] + ")";
    return name + ": " + led + (members === undefined ? "" : ", ISR " + members[2]) + ", " + (acked[bucket] || 0) + " acknowledged in these " + data.bucketMs + " ms" + (failed === 0 ? "" : ", " + failed + " failed");
  };
  const words = () => {
    const controller = at(data.controllers);
    const ill = data.nodes.flatMap(({ name, states }) => { const state = at(states); return state === undefined || state[2] === "in-service" ? [] : [name + " " + state[2].replaceAll("-", " ")]; });
    const faults = data.faults.filter(([from, to]) => from <= atMs && atMs < Math.max(to, from + data.bucketMs)).map((fault) => fault[2]);
    const first = [seconds(atMs), controller === undefined || controller[2] < 0 ? "no active controller" : "controller " + controller[2], ...ill].join(", ");
    const refused = data.refused[Math.floor(atMs / data.bucketMs)] || 0;
    return [first + (refused === 0 ? "" : ", " + refused + " answers with an error") + (faults.length === 0 ? "" : " \\u2013 " + faults.join("; ")), ...data.partitions.map(partitionWords)].join("\\n");
  };
  const show = (ms) => {
    readout.style.minHeight = (data.partitions.length + 2) * 1.5 + "em";
    atMs = Math.max(0, Math.min(ms, data.endMs - 1));
    const x = left + (right - left) * atMs / scaleEndMs;
    cursor.firstElementChild.setAttribute("x1", x);
    cursor.firstElementChild.setAttribute("x2", x);
    cursor.classList.add("on");
    readout.textContent = words();
  };
  const letGo = () => { atMs = null; isHeld = false; cursor.classList.remove("on"); readout.textContent = idle; };
  const timeOf = (event) => {
    const box = svg.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width * data.width - left) / (right - left) * scaleEndMs;
  };
  picture.addEventListener("pointermove", (event) => { if (!isHeld) show(timeOf(event)); });
  picture.addEventListener("pointerleave", () => { if (!isHeld) letGo(); });
  picture.addEventListener("click", (event) => { isHeld = !isHeld; show(timeOf(event)); });
  picture.addEventListener("keydown", (event) => {
    const step = data.bucketMs * (event.shiftKey ? 10 : 1);
    const goal = { ArrowRight: (atMs ?? -step) + step, ArrowLeft: (atMs ?? step) - step, Home: 0, End: data.endMs }[event.key];
    if (event.key === "Escape") letGo();
    if (goal === undefined) return;
    event.preventDefault();
    isHeld = true;
    show(goal);
  });
  for (const row of document.querySelectorAll("tr[data-moment]")) {
    const moment = byId(row.dataset.moment);
    const set = (isOn) => () => { row.classList.toggle("on", isOn); moment?.classList.toggle("on", isOn); };
    row.addEventListener("pointerenter", set(true));
    row.addEventListener("pointerleave", set(false));
    row.addEventListener("focusin", set(true));
    row.addEventListener("focusout", set(false));
    row.querySelector("a").addEventListener("click", (event) => {
      event.preventDefault();
      const time = Number(row.dataset.atMs);
      isHeld = true;
      show(time);
      picture.scrollIntoView({ block: "nearest", behavior: isCalm ? "auto" : "smooth" });
    });
  }
})();
`;
