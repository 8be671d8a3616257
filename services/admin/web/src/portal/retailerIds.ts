/** Retailer ids that a person pasted: what can be sent, and what was not understood. */

const RETAILER_ID = /^ret_[0-9a-f]{16}$/;

export interface PastedIds {
  /** Each id once, in the order of the text. */
  readonly ids: readonly string[];
  /** Pieces that are no id; shown to the person and sent nowhere. */
  readonly invalid: readonly string[];
  /** How many ids came again. */
  readonly repeated: number;
}

/** Reads ids that are parted by blanks, line breaks, commas, semicolons or quotation marks. */
export function readPastedIds(text: string): PastedIds {
  const pieces = text.split(/[\s,;"']+/u).filter((piece) => piece !== "");
  const ids = new Set<string>();
  const invalid: string[] = [];
  let repeated = 0;
  for (const piece of pieces) {
    const id = piece.toLowerCase();
    if (!RETAILER_ID.test(id)) invalid.push(piece);
    else if (ids.has(id)) repeated += 1;
    else ids.add(id);
  }
  return { ids: [...ids], invalid, repeated };
}
