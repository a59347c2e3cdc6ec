import { type SurveySettings, surveyLooks } from '@parley/sdk/protocol.ts';
import { Refusal } from '../gateway/refusal.ts';

/** Settings as they are stored: since when customers are asked on each kind of channel. */
export interface StoredSurveySettings extends Omit<SurveySettings, 'channelTypes'> {
  readonly since: Readonly<Record<string, number>>;
}

export const firstSurveySettings: StoredSurveySettings = {
  since: {},
  look: 'faces',
  asksComment: true,
  delayMinutes: 1,
  everyDays: 7,
  excludedTags: ['spam'],
};

export const surveyLimits = { delayMinutes: 7 * 24 * 60, everyDays: 365, tags: 50 } as const;

export function shownSurveySettings({ since, ...rest }: StoredSurveySettings): SurveySettings {
  return { channelTypes: Object.keys(since).sort(), ...rest };
}

/**
 * The settings after a change. Of conversations that were resolved before a kind of channel was switched on nobody is asked.
 *
 * @throws Refusal `settings-invalid` with the field, and nothing is changed
 */
export function changedSurveySettings(
  before: StoredSurveySettings,
  { channelTypes, ...patch }: Partial<SurveySettings>,
  { knownTypes, now }: { knownTypes: ReadonlySet<string>; now: number },
): StoredSurveySettings {
  const after = { ...before, ...patch };
  const unknown = channelTypes?.find((type) => !knownTypes.has(type));
  if (unknown !== undefined) throw invalid('channelTypes', `there is no kind of channel “${unknown}”`);
  if (!surveyLooks.includes(after.look)) throw invalid('look', `expected one of ${surveyLooks.join(', ')}`);
  checkWhole('delayMinutes', after.delayMinutes, 0, surveyLimits.delayMinutes);
  checkWhole('everyDays', after.everyDays, 0, surveyLimits.everyDays);
  const excludedTags = [...new Set(after.excludedTags.map((tag) => tag.trim()).filter((tag) => tag !== ''))];
  if (excludedTags.length > surveyLimits.tags) throw invalid('excludedTags', `more than ${surveyLimits.tags}`);
  const since =
    channelTypes === undefined
      ? before.since
      : Object.fromEntries(channelTypes.map((type) => [type, before.since[type] ?? now]));
  return { ...after, excludedTags, since };
}

function checkWhole(field: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw invalid(field, `expected a whole number from ${least} to ${most}`);
}

function invalid(field: string, what: string): Refusal {
  return new Refusal('settings-invalid', `${field}: ${what}.`, { field });
}
