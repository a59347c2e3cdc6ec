import { parseArgs } from 'node:util';
import type { HistorySize } from './history.ts';
import { type EngineName, engineNames, type StoreName } from './stores.ts';

export const scaleSectionIds = ['fill', 'lookups', 'messages', 'open', 'nodes'] as const;
export type ScaleSectionId = (typeof scaleSectionIds)[number];

export interface ScaleOptions {
  readonly only: readonly ScaleSectionId[];
  readonly engines: readonly EngineName[];
  readonly sizes: Readonly<Record<StoreName, HistorySize>>;
  /** Where the stores lie; undefined: a folder that is made for this run and removed. */
  readonly dir: string | undefined;
  readonly json: string | undefined;
  /** Requests of each kind. */
  readonly lookups: number;
  readonly rounds: number;
  readonly warmMs: number;
  readonly measureMs: number;
  /** Conversations that messages are written into, in turn, on either store and over both numbers of open ones. */
  readonly idleConnections: number;
  readonly processes: readonly number[];
}

export const scaleUsage = `npm run bench:scale -- [--quick] [--only ${scaleSectionIds.join(',')}] [--engines ${engineNames.join(',')}] [--json FILE]
  --keep DIR          makes the stores in DIR and leaves them there; --use DIR takes those that a run kept
  --conversations N   of the large store (1,000,000, with 20 messages each)
  --processes 2,4,8   --rounds R   --lookups N (requests of each kind)   --connections N (idle ones of each shape)`;

/** @throws Error in one line that names the argument */
export function readScaleOptions(args: readonly string[]): ScaleOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: scaleSectionIds.join(',') },
      engines: { type: 'string', default: engineNames.join(',') },
      keep: { type: 'string' },
      use: { type: 'string' },
      conversations: { type: 'string' },
      processes: { type: 'string' },
      rounds: { type: 'string' },
      lookups: { type: 'string' },
      connections: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const { quick } = values;
  const number = (name: 'conversations' | 'rounds' | 'lookups' | 'connections', otherwise: number) =>
    positive(name, values[name] ?? String(otherwise));
  const conversations = number('conversations', quick ? 20_000 : 1_000_000);
  const small = Math.min(conversations, quick ? 4_000 : 50_000);
  const size = (count: number): HistorySize => ({
    conversations: count,
    messagesEach: 20,
    open: Math.min(10_000, Math.ceil(count / 5)),
  });
  return {
    only: values.only.split(',').map((id) => oneOf('only', scaleSectionIds, id)),
    engines: values.engines.split(',').map((name) => oneOf('engines', engineNames, name)),
    sizes: { small: size(small), large: size(conversations) },
    dir: values.use ?? values.keep,
    json: values.json,
    lookups: number('lookups', quick ? 40 : 200),
    rounds: number('rounds', quick ? 2 : 3),
    warmMs: quick ? 1_000 : 3_000,
    measureMs: quick ? 2_000 : 5_000,
    idleConnections: number('connections', quick ? 500 : 2_000),
    processes: (values.processes ?? '2,4,8').split(',').map((text) => positive('processes', text)),
  };
}

function oneOf<T extends string>(name: string, known: readonly T[], text: string): T {
  const found = known.find((one) => one === text);
  if (found === undefined) throw new Error(`--${name}: expected some of ${known.join(', ')}, got ${text}.`);
  return found;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: expected a whole number from 1, got ${text}.`);
  return value;
}
