import {
  boolean,
  integer,
  list,
  nullable,
  number,
  object,
  oneKind,
  oneOf,
  optional,
  type Read,
  refuse,
  text,
  textThat,
  type UnknownFields,
} from '../../routing/config-reader.ts';
import { languageTag } from '../../routing/language-tags.ts';
import {
  type BotSettings,
  type BotThresholds,
  defaultBotSettings,
  type HandOffPolicy,
  type IntentReaction,
  type IntentThreshold,
  type Reaction,
  type SensitiveTopic,
} from './bot-settings.ts';
import { type BotTexts, botTextKeys, type Texts } from './bot-texts.ts';

/** What settings may name. */
export interface KnownToBot {
  readonly channelIds: ReadonlySet<string>;
  readonly groupIds: ReadonlySet<string>;
  readonly scheduleIds: ReadonlySet<string>;
  readonly flowIds: ReadonlySet<string>;
}

export const isId = (value: string) => /^[\w.-]{1,64}$/.test(value);
export const id = textThat(isId, 'an id of letters, digits, dots, dashes and underscores, at most 64');
const language = textThat((value) => languageTag(value) !== null, 'a language tag, such as zh or en-GB');

/** Texts by language tag, or `default`: at least one. */
export const texts: Read<Texts> = (value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'expected texts by language');
  const entries = Object.entries(value as Record<string, unknown>);
  if (entries.length === 0) refuse(path, 'is empty');
  if (entries.length > 50) refuse(path, 'has more than 50 languages');
  for (const [tag, each] of entries) {
    if (tag !== 'default' && languageTag(tag) === null) refuse(`${path}.${tag}`, 'this is no language tag');
    if (typeof each !== 'string' || each.trim() === '') refuse(`${path}.${tag}`, 'expected text');
    if (each.length > 4_000) refuse(`${path}.${tag}`, 'is longer than 4000 characters');
  }
  return Object.fromEntries(entries) as Texts;
};
const noTexts: Read<Texts> = (value, path, unknown) =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0 ? {} : texts(value, path, unknown);

const words = list(text({ max: 100 }), { max: 200 });
const share = number(0, 1);
const { thresholds, handOff } = defaultBotSettings;
const secondMs = 1_000;
const dayMs = 24 * 60 * 60 * secondMs;

const botTexts: Read<Partial<BotTexts>> = (value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'expected an object');
  const result: Record<string, string> = {};
  for (const [key, each] of Object.entries(value)) {
    if (!(botTextKeys as readonly string[]).includes(key))
      refuse(`${path}.${key}`, `there is no such text; there are ${botTextKeys.join(', ')}`);
    if (typeof each !== 'string') refuse(`${path}.${key}`, 'expected text');
    if (each.length > 1_000) refuse(`${path}.${key}`, 'is longer than 1000 characters');
    if (each.trim() === '' && key !== 'greeting')
      refuse(`${path}.${key}`, 'is empty: leave it out for the usual words');
    result[key] = each;
  }
  return result;
};

const textsByLanguage: Read<BotSettings['texts']> = (value, path, unknown) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'expected texts by language');
  return Object.fromEntries(
    Object.entries(value).map(([tag, each]) => [
      language(tag, `${path}.${tag}`),
      botTexts(each, `${path}.${tag}`, unknown),
    ]),
  );
};

const reaction = oneKind<Reaction>({
  answer: object({ kind: oneOf(['answer']), texts }),
  flow: object({ kind: oneOf(['flow']), flowId: id }),
  'hand-off': object({ kind: oneOf(['hand-off']) }),
});

const readSettings = object<BotSettings>({
  enabled: optional(boolean, false),
  channels: nullableOptional(list(id, { max: 500 })),
  askIfHelped: optional(boolean, false),
  citeSources: optional(boolean, false),
  language: optional(language, defaultBotSettings.language),
  texts: optional(textsByLanguage, {}),
  thresholds: optional(
    object<BotThresholds>({
      act: optional(share, thresholds.act),
      ask: optional(share, thresholds.ask),
      margin: optional(share, thresholds.margin),
      graph: optional(share, thresholds.graph),
      passage: optional(share, thresholds.passage),
      // At 1 no number of answers would be enough to say so.
      precision: optional(number(0.5, 0.995), thresholds.precision),
    }),
    thresholds,
  ),
  intentThresholds: optional(
    list(
      object<IntentThreshold>({
        intent: text({ max: 100 }),
        language: nullableOptional(language),
        act: share,
      }),
      { max: 2_000 },
    ),
    [],
  ),
  reactions: optional(
    list(
      object<IntentReaction>({
        intent: text({ max: 100 }),
        labels: optional(noTexts, {}),
        does: reaction,
        groupId: nullableOptional(id),
      }),
      { max: 2_000 },
    ),
    [],
  ),
  handOff: optional(
    object<HandOffPolicy>({
      groupId: nullableOptional(id),
      misses: optional(integer(1, 10), handOff.misses),
      maxTurns: optional(integer(1, 100), handOff.maxTurns),
      anger: optional(nullable(share), handOff.anger),
      vip: optional(boolean, handOff.vip),
      whenNotSure: optional(oneOf<HandOffPolicy['whenNotSure']>(['ask-again', 'hand-off']), handOff.whenNotSure),
      askFirst: optional(boolean, handOff.askFirst),
      scheduleId: nullableOptional(id),
      words: optional(words, []),
    }),
    handOff,
  ),
  sensitive: optional(
    list(object<SensitiveTopic>({ name: text({ max: 60 }), words, groupId: nullableOptional(id) }), { max: 100 }),
    defaultBotSettings.sensitive,
  ),
  stopWords: optional(words, []),
  answerWithinMs: optional(integer(secondMs, 120 * secondMs, 'milliseconds'), defaultBotSettings.answerWithinMs),
  closeAfterMs: optional(nullable(integer(60 * secondMs, 90 * dayMs, 'milliseconds')), defaultBotSettings.closeAfterMs),
  checkedForMs: optional(integer(60 * secondMs, dayMs, 'milliseconds'), defaultBotSettings.checkedForMs),
  // The report and replays look back so far.
  keepDecisionsDays: optional(nullable(integer(90, 3_650, 'days')), defaultBotSettings.keepDecisionsDays),
});

/** What may be left out, or null: both say the same. */
function nullableOptional<T>(read: Read<T>) {
  return optional(nullable(read), null);
}

/**
 * Reads settings of the bot, whole or not at all.
 *
 * @param known what they may name; absent: they were checked when they were published
 * @throws Refusal `settings-invalid` with the field
 */
export function parseBotSettings(value: unknown, known?: KnownToBot, unknown: UnknownFields = 'refuse'): BotSettings {
  const settings = readSettings(value, '', unknown);
  const { act, ask } = settings.thresholds;
  if (ask > act) refuse('thresholds.ask', `is over thresholds.act (${act}): it would ask about what it is sure of`);
  checkOnce(
    settings.reactions.map(({ intent }) => intent),
    (i) => `reactions[${i}].intent`,
    'intent',
  );
  if (known !== undefined) checkNames(settings, known);
  return settings;
}

function checkOnce(values: readonly string[], path: (index: number) => string, what: string): void {
  const seen = new Set<string>();
  for (const [i, value] of values.entries()) {
    if (seen.has(value)) refuse(path(i), `the ${what} ${value} is there twice`);
    seen.add(value);
  }
}

function checkNames(settings: BotSettings, known: KnownToBot): void {
  const check = (name: string | null, path: string, what: string, names: ReadonlySet<string>) => {
    if (name !== null && !names.has(name)) refuse(path, `there is no ${what} ${name}`);
  };
  for (const [i, channel] of (settings.channels ?? []).entries())
    check(channel, `channels[${i}]`, 'channel', known.channelIds);
  check(settings.handOff.groupId, 'handOff.groupId', 'group', known.groupIds);
  check(settings.handOff.scheduleId, 'handOff.scheduleId', 'schedule', known.scheduleIds);
  for (const [i, { does, groupId }] of settings.reactions.entries()) {
    check(groupId, `reactions[${i}].groupId`, 'group', known.groupIds);
    if (does.kind === 'flow') check(does.flowId, `reactions[${i}].does.flowId`, 'flow', known.flowIds);
  }
  for (const [i, { groupId }] of settings.sensitive.entries())
    check(groupId, `sensitive[${i}].groupId`, 'group', known.groupIds);
}
