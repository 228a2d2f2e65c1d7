/** A row of columns with these widths: the last cell needs none. */
export const row = (widths: readonly number[], cells: readonly (string | number)[]): string =>
  cells.map((cell, column) => String(cell).padEnd(widths[column] ?? 0)).join(" ");

/** The width of a column: that of its longest cell, and no less than the least. */
export const widthOf = (least: number, cells: readonly (string | number)[]): number => Math.max(least, ...cells.map((cell) => String(cell).length));

/** What stands for nothing. */
export const MISSING = "-";

export const errorLine = (message: string): string => `\nError: ${message}\n`;
