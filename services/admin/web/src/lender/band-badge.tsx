/** A band as a word with a colour; the word alone carries the meaning. */
import { Badge, type Tone } from "../shared/ui/parts";
import type { Standing } from "./api";
import { useT } from "./i18n";

const TONES: Record<Standing, Tone> = { A: "good", B: "info", C: "warn", D: "bad", blocked: "calm", not_scored: "calm" };

export function BandBadge({ standing }: { standing: Standing }) {
  const t = useT();
  return <Badge tone={TONES[standing]}>{t(`band.${standing}`)}</Badge>;
}
