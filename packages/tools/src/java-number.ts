const DECIMAL_MIN = 1e-3;
const DECIMAL_MAX = 1e7;

/** A double as Java shows it: `1.0`, `0.25`, `1.0E7`, `1.25E-4`, `NaN`, `Infinity`. */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const size = Math.abs(value);
  if (size >= DECIMAL_MIN && size < DECIMAL_MAX) return withPoint(String(value));
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  return `${withPoint(digits)}E${Number(exponent)}`;
}

const withPoint = (digits: string): string => (digits.includes(".") ? digits : `${digits}.0`);
