import { describe, expect, it } from "vitest";
import { fill } from ".";

type Module = Record<string, Record<string, string>>;
const english = import.meta.glob<Module>("../../*/i18n/en.ts", { eager: true });
const hindi = import.meta.glob<Module>("../../*/i18n/hi.ts", { eager: true });
const sources = import.meta.glob<string>("../../**/*.{ts,tsx}", { eager: true, query: "?raw", import: "default" });
const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();

function textsOf(modules: Record<string, Module>, path: string): Record<string, string> {
  const module = modules[path];
  if (module === undefined) throw new Error(`${path} is missing`);
  return Object.values(module)[0] ?? {};
}

describe.each(Object.keys(english))("%s", (path) => {
  const texts = textsOf(english, path);
  const translated = textsOf(hindi, path.replace("/en.ts", "/hi.ts"));

  it("has the same keys in both languages", () => {
    expect(Object.keys(texts).length).toBeGreaterThan(0);
    expect(Object.keys(translated).sort()).toEqual(Object.keys(texts).sort());
  });
  it("has the same values to fill in, and no empty text", () => {
    for (const [key, text] of Object.entries(texts)) {
      expect([key, holes(translated[key] ?? "")]).toEqual([key, holes(text)]);
      expect(text.trim()).not.toBe("");
      expect(translated[key]?.trim()).not.toBe("");
    }
  });
});

it("a Hindi text is in Devanagari, apart from names and codes", () => {
  const latin = Object.keys(hindi).flatMap((path) =>
    Object.entries(textsOf(hindi, path)).filter(([, text]) => /[a-z]{4}/i.test(text) && !/[\u0900-\u097F]/.test(text)),
  );
  expect(latin).toEqual([]);
});

it("no page keeps a person's data or a token in the browser", () => {
  const keeping = Object.entries(sources)
    .filter(([path]) => !path.endsWith("preferences.ts") && !path.endsWith(".test.ts"))
    .filter(([, text]) => /localStorage|sessionStorage|indexedDB|document\.cookie/.test(text));
  expect(Object.keys(sources).length).toBeGreaterThan(10);
  expect(keeping.map(([path]) => path)).toEqual([]);
});

it("a value that is not known stays visible as a hole", () => {
  expect(fill("{a} and {b}", { a: 1 })).toBe("1 and {b}");
});
