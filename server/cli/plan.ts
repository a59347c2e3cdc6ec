import { type Demand, planCapacity } from './capacity.ts';
import { type Command, readArguments, UsageError } from './command.ts';
import { planCosts } from './plan-costs.ts';
import { assumptionsOf, describePlan } from './plan-text.ts';

/** What an installation of a size needs. */
export const plan: Command = {
  name: 'plan',
  summary: 'how many processes, how much memory and storage a load needs',
  usage: `usage: parley plan --visitors <n> --messages <n> [options]

Says what an installation of a size needs, from what a message and a connection were measured to cost: one process on
SQLite, several on one database, or more than one database can carry. Nothing is read or changed.

  --visitors <n>                   windows of visitors that are open at the same time, at the peak
  --messages <n>                   messages a day, of customers and to them
  --messages-per-second <n>        at the peak; without it: the day's average times --peak-factor
  --peak-factor <n>                how much busier than the day's average the busiest minute is (5)
  --agents <n>                     signed in at the same time (a hundredth of the visitors)
  --callbacks <share>              of the messages: to and from platforms, 0 to 1 (0.5)
  --channels <n>                   channels of platforms that answers go to (4)
  --messages-per-conversation <n>  (12)
  --open-conversations <n>         (those that begin on a day)
  --message-bytes <n>              length of a text (65)
  --archive-after-days <n>         0: never (90)
  --years <n>                      for which everything is kept (1)
  --target-utilisation <share>     of a core, and of what a server was seen to carry (0.6)
  --cores-per-node <n>             cores of one machine (8)
  --survive nothing|node|zone      what may be lost while everybody is served (a node, where there are several processes)
  --zones <n>                      (3)
  --primary-limit <n>              messages a second that one primary of your database carries, where you measured it
  --json                           the whole plan as JSON
`,
  run: async (args, { out }) => {
    const { options } = readArguments(args, {
      visitors: 'value',
      messages: 'value',
      'messages-per-second': 'value',
      'peak-factor': 'value',
      agents: 'value',
      callbacks: 'value',
      channels: 'value',
      'messages-per-conversation': 'value',
      'open-conversations': 'value',
      'message-bytes': 'value',
      'archive-after-days': 'value',
      years: 'value',
      'target-utilisation': 'value',
      'cores-per-node': 'value',
      survive: 'value',
      zones: 'value',
      'primary-limit': 'value',
      json: 'flag',
    });
    const demand = demandOf(options);
    const planned = planCapacity(demand, planCosts);
    out(
      options.json
        ? `${JSON.stringify({ demand, plan: planned, assumptions: assumptionsOf(planCosts) }, undefined, 2)}\n`
        : describePlan(demand, planned, planCosts),
    );
    return 0;
  },
};

type Options = Readonly<Record<string, string | boolean | undefined>>;
interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
}

const secondsOfDay = 86_400;
const counts = { min: 0, max: 1e12, whole: true } as const;

/** @throws UsageError in one line that names the option */
export function demandOf(options: Options): Demand {
  const visitors = optional(options, 'visitors', counts);
  const day = optional(options, 'messages', counts);
  const peak = optional(options, 'messages-per-second', { min: 0, max: 1e9 });
  if (visitors === undefined) throw new UsageError('--visitors: how many windows are open at the same time?');
  if (day === undefined && peak === undefined) throw new UsageError('--messages: how many are there on a day?');
  const peakFactor = number(options, 'peak-factor', { preset: 5, min: 1, max: 1_000 });
  const messagesPerSecond = peak ?? ((day ?? 0) / secondsOfDay) * peakFactor;
  const messagesPerDay = day ?? Math.round((messagesPerSecond / peakFactor) * secondsOfDay);
  if (messagesPerSecond * secondsOfDay < messagesPerDay) {
    throw new UsageError('--messages-per-second: the peak is below the average of the day');
  }
  const messagesPerConversation = number(options, 'messages-per-conversation', { preset: 12, min: 1, max: 10_000 });
  const archiveAfterDays = number(options, 'archive-after-days', { preset: 90, min: 0, max: 36_500, whole: true });
  if (archiveAfterDays > 0 && archiveAfterDays < 30) {
    throw new UsageError(`--archive-after-days: expected 0 (never) or at least 30, got ${archiveAfterDays}`);
  }
  return {
    visitors,
    messagesPerSecond,
    messagesPerDay,
    messagesPerConversation,
    archiveAfterDays,
    agents: optional(options, 'agents', counts) ?? Math.ceil(visitors / 100),
    callbackShare: number(options, 'callbacks', { preset: 0.5, min: 0, max: 1 }),
    channels: number(options, 'channels', { ...counts, preset: 4 }),
    openConversations:
      optional(options, 'open-conversations', counts) ?? Math.ceil(messagesPerDay / messagesPerConversation),
    textBytes: number(options, 'message-bytes', { preset: 65, min: 1, max: 65_536 }),
    years: number(options, 'years', { preset: 1, min: 0.01, max: 100 }),
    targetUtilisation: number(options, 'target-utilisation', { preset: 0.6, min: 0.1, max: 0.9 }),
    coresPerNode: number(options, 'cores-per-node', { preset: 8, min: 1, max: 1_024, whole: true }),
    survive: survivalOf(options.survive),
    zones: number(options, 'zones', { preset: 3, min: 2, max: 100, whole: true }),
    primaryLimit: optional(options, 'primary-limit', { min: 1, max: 1e9 }),
  };
}

function survivalOf(value: string | boolean | undefined): Demand['survive'] {
  if (value === undefined || value === 'nothing' || value === 'node' || value === 'zone') return value;
  throw new UsageError(`--survive: expected nothing, node or zone, got ${JSON.stringify(value)}`);
}

function number(options: Options, name: string, range: Range & { readonly preset: number }): number {
  return optional(options, name, range) ?? range.preset;
}

function optional(options: Options, name: string, { min, max, whole = false }: Range): number | undefined {
  const text = options[name];
  if (typeof text !== 'string') return undefined;
  const value = Number(text.replaceAll(/(?<=\d)[,_](?=\d)/g, ''));
  if (
    text.trim() === '' ||
    !Number.isFinite(value) ||
    value < min ||
    value > max ||
    (whole && !Number.isInteger(value))
  ) {
    const what = whole ? 'a whole number' : 'a number';
    throw new UsageError(`--${name}: expected ${what} from ${min} to ${max}, got ${JSON.stringify(text)}`);
  }
  return value;
}
