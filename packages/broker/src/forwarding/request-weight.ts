/** What one request may be made of, for it goes to the controller as one message: a larger one would cost the control connection. */
const MAX_ITEMS = 10_000;
const MAX_TEXT_BYTES = 1024 * 1024;
/** Of one UTF-16 unit in UTF-8. */
const MAX_BYTES_PER_UNIT = 3;
/** Of all that are under way: anybody may send them, and where there is no controller they stay for as long as they said. */
const ALL_TO_ONE = 20;

/** Of a request as it is held in memory. */
export interface RequestWeight {
  readonly items: number;
  readonly textBytes: number;
}

/** Of every array and map in it, and of every text. */
export function weightOf(request: object): RequestWeight {
  const weight = { items: 0, units: 0 };
  weigh(request, weight);
  return { items: weight.items, textBytes: weight.units * MAX_BYTES_PER_UNIT };
}

/** Whether a request has more items, or longer texts, than one message takes. */
export function isTooHeavy({ items, textBytes }: RequestWeight): boolean {
  return items > MAX_ITEMS || textBytes > MAX_TEXT_BYTES;
}

/** The same of all requests under way together. */
export class TotalWeight {
  private items = 0;
  private textBytes = 0;

  hasRoomFor({ items, textBytes }: RequestWeight): boolean {
    return this.items + items <= ALL_TO_ONE * MAX_ITEMS && this.textBytes + textBytes <= ALL_TO_ONE * MAX_TEXT_BYTES;
  }

  add({ items, textBytes }: RequestWeight): void {
    this.items += items;
    this.textBytes += textBytes;
  }

  remove({ items, textBytes }: RequestWeight): void {
    this.items -= items;
    this.textBytes -= textBytes;
  }
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
