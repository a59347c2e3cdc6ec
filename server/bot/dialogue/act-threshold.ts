import type { ChosenThreshold } from '@parley/sdk/bot-measures.ts';
import type { BotSettings } from './bot-settings.ts';

/** From how sure on an intent is acted upon, and by what that was decided. */
export type ActThreshold =
  | { readonly act: number; readonly why: 'general' }
  /** A person has set it for the intent. */
  | { readonly act: number; readonly why: 'by-hand' }
  /** It was chosen from the answers of the model that answers. */
  | { readonly act: number; readonly why: 'curve'; readonly chosen: ChosenThreshold };

type Settings = Pick<BotSettings, 'thresholds' | 'intentThresholds'>;

/**
 * What a person has set for the intent comes first, then what was chosen from measured answers, then what holds in general. Of
 * several that which says more of it: the intent in the language, the intent, the language.
 *
 * @param language what the customer writes in; null: nothing tells it
 * @param chosen of the model that answers
 */
export function actThreshold(
  settings: Settings,
  { intent, language }: { readonly intent: string; readonly language: string | null },
  chosen: readonly ChosenThreshold[] = [],
): ActThreshold {
  const { thresholds, intentThresholds } = settings;
  const own = intentThresholds.filter((each) => each.intent === intent);
  const byHand =
    own.find((each) => each.language !== null && each.language === language) ??
    own.find((each) => each.language === null);
  if (byHand !== undefined) return { act: byHand.act, why: 'by-hand' };
  const base = language?.toLowerCase().split('-', 1)[0] ?? null;
  const found = (ofIntent: string | null, inLanguage: string | null) =>
    chosen.find((each) => each.intent === ofIntent && each.language === inLanguage);
  const best =
    (base === null ? undefined : found(intent, base)) ??
    found(intent, null) ??
    (base === null ? undefined : found(null, base));
  if (best === undefined) return { act: thresholds.act, why: 'general' };
  // Where it would only ask what is meant it does not act.
  return { act: Math.max(best.act, thresholds.ask), why: 'curve', chosen: best };
}
