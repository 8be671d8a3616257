/** Rupees to the paisa. Amounts arrive as decimal text and are never floats: a float loses paise above 2^53. */

const AMOUNT = /^(-?)(\d{1,18})(?:\.(\d{1,2})0*)?$/;

/** Whole paise of an amount as the API writes it; throws on anything else. */
export function toPaise(amount: string): bigint {
  const match = AMOUNT.exec(amount);
  if (match === null) throw new RangeError("not an amount in rupees");
  const [, sign = "", rupees = "0", paise = ""] = match;
  const value = BigInt(rupees) * 100n + BigInt(paise.padEnd(2, "0"));
  return sign === "-" ? -value : value;
}

/** The amount as decimal text with both paise digits, as `shared/format` takes it. */
export function fromPaise(paise: bigint): string {
  const absolute = paise < 0n ? -paise : paise;
  const text = `${(absolute / 100n).toString()}.${(absolute % 100n).toString().padStart(2, "0")}`;
  return paise < 0n ? `-${text}` : text;
}
