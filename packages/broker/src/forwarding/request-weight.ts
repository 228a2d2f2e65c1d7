/** What one request may be made of, for it goes to the controller as one message: a larger one would cost the control connection. */
const MAX_ITEMS = 10_000;
const MAX_TEXT_BYTES = 1024 * 1024;
/** Of one UTF-16 unit in UTF-8. */
const MAX_BYTES_PER_UNIT = 3;

/** Whether a request has more items, or longer texts, than one message takes. */
export function isTooHeavy(request: object): boolean {
  const weight = { items: 0, units: 0 };
  weigh(request, weight);
  return weight.items > MAX_ITEMS || weight.units * MAX_BYTES_PER_UNIT > MAX_TEXT_BYTES;
}

/** Requests are a few levels deep. */
function weigh(value: unknown, weight: { items: number; units: number }): void {
  if (typeof value === "string") weight.units += value.length;
  else if (Array.isArray(value) || value instanceof Map) {
    for (const item of value) {
      weight.items++;
      weigh(item, weight);
    }
  } else if (typeof value === "object" && value !== null) for (const part of Object.values(value)) weigh(part, weight);
}
