/** One view over both, where `next` lies directly behind `previous` in the same buffer; undefined otherwise. */
export function joinViews(previous: Uint8Array, next: Uint8Array): Uint8Array | undefined {
  if (previous.buffer !== next.buffer || previous.byteOffset + previous.length !== next.byteOffset) return undefined;
  return new Uint8Array(previous.buffer, previous.byteOffset, previous.length + next.length);
}

/** Appends `view` to the list, as part of the last one where the two touch. */
export function pushView(views: Uint8Array[], view: Uint8Array): void {
  const last = views.at(-1);
  const joined = last === undefined ? undefined : joinViews(last, view);
  if (joined === undefined) views.push(view);
  else views[views.length - 1] = joined;
}

/** Shortens the list to its first `length` bytes. */
export function clipViews(views: Uint8Array[], length: number): void {
  let left = length;
  let count = 0;
  for (; count < views.length && left > 0; count++) {
    const view = views[count] as Uint8Array;
    if (view.length > left) views[count] = view.subarray(0, left);
    left -= view.length;
  }
  views.length = count;
}
