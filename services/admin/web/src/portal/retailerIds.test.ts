import { expect, it } from "vitest";
import { readPastedIds } from "./retailerIds";

const FIRST = "ret_0123456789abcdef";
const SECOND = "ret_fedcba9876543210";

it("reads ids that are parted in any usual way, each once and in order", () => {
  const pasted = readPastedIds(`${SECOND}, ${FIRST}\r\n"${FIRST}";\t${SECOND.toUpperCase()}`);
  expect(pasted).toEqual({ ids: [SECOND, FIRST], invalid: [], repeated: 2 });
});

it("names what is no id and takes nothing out of it", () => {
  const pasted = readPastedIds(`${FIRST}0 ret_123 919000000110 ${SECOND}`);
  expect(pasted.ids).toEqual([SECOND]);
  expect(pasted.invalid).toEqual([`${FIRST}0`, "ret_123", "919000000110"]);
});

it("an empty text names nobody", () => {
  expect(readPastedIds(" \n ")).toEqual({ ids: [], invalid: [], repeated: 0 });
});
