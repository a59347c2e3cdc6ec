import { writeFile } from 'node:fs/promises';
import { readConfig } from '../config.ts';
import type { DayOfArrivals } from '../routing/arrivals-day.ts';
import { checkStaffing } from '../routing/staffing-check.ts';
import { type Plan, tableOf } from '../routing/staffing-plan.ts';
import { type Command, type Io, readArguments, UsageError } from './command.ts';
import { placeOf, withConnection } from './sql-connection.ts';
import { arrivalsFromCsv, measuredArrivals } from './staff-arrivals.ts';
import { listOf, readStaffOptions, type StaffOptions, staffOptions } from './staff-options.ts';
import { describePlan } from './staff-report.ts';
import { drawPlan } from './staff-svg.ts';

/** Says how many agents each half hour needs. */
export const staff: Command = {
  name: 'staff',
  summary: 'say how many agents each half hour needs to answer in time',
  usage: `usage: parley staff (--per-half-hour 12,30,… | --arrivals FILE | --measured DAYS) --handling TIME [options]

How many agents reach a target such as 95 % answered in 20 s: by Erlang A, then checked by a simulation that runs the dispatcher's
own code, which adds an agent where theory was too hopeful. docs/staffing.md tells what is assumed.

What comes, one of:
  --per-half-hour N,N,…   conversations in each half hour, from --start on
  --arrivals FILE         CSV with a line "time,count" for each: the time as 09:30 or 2026-03-02T09:30, the count absent for 1;
                          several days become one mean day
  --measured DAYS         conversations that began in the last so many whole days, from the database that
                          PARLEY_DATABASE_URL names, as one mean day; it is only read

How long it takes (TIME: 90s, 5m, 1.5h):
  --handling TIME         mean time that an agent has a conversation, at the stated number at once
  --patience TIME         mean time after which a customer gives up; never (default: 5m)
  --concurrency N         conversations that an agent has at once (default: 1)
  --variation X           of handling times: standard deviation over mean; 1 is what theory takes them for (default: 1)

What is wanted:
  --target PERCENT        share answered in time (default: 95)
  --within TIME           in time (default: 20s)
  --min-agents N          never fewer (default: 0)
  --scale X               so many times what came: 1.2 is a fifth more (default: 1)

  --start HH:MM           of the first number of --per-half-hour (default: 00:00)
  --weekdays mon,tue,…    only these days of --measured, or of dates in FILE
  --time-zone ZONE        of --measured: Europe/Berlin (default: the machine's)
  --days N                days that are simulated, from 2 on; 0: theory alone (default: 40)
  --svg FILE              draws the plan
  --json                  answers in JSON
`,
  run: async (args, io) => {
    const options = readStaffOptions(readArguments(args, staffOptions).options);
    const day = await arrivalsOf(options, io);
    if (!day.perHalfHour.some((count) => count > 0))
      throw new Error(`${day.source}: nobody comes, so nobody is needed.`);
    const perHalfHour = day.perHalfHour.map((count) => count * options.scale);
    const input = { ...options.input, perHalfHour };
    const plan: Plan = { day, input, checked: checkStaffing(input, options.check), scale: options.scale };
    if (options.svg !== undefined) await writeFile(options.svg, drawPlan(plan));
    io.out(options.json ? `${JSON.stringify(tableOf(plan), undefined, 2)}\n` : describePlan(plan));
    return 0;
  },
};

async function arrivalsOf({ source, weekdays, timeZone }: StaffOptions, io: Io): Promise<DayOfArrivals> {
  switch (source.kind) {
    case 'stated':
      return { source: '--per-half-hour', startMinute: source.startMinute, perHalfHour: source.counts, days: 1 };
    case 'file':
      return arrivalsFromCsv(source.path, weekdays);
    case 'measured': {
      const { database } = readConfig(io.env);
      const day = await withConnection(database, 'read', (connection) =>
        measuredArrivals(connection, { days: source.days, weekdays, timeZone, now: Date.now() }),
      );
      if (day.days > 0) return day;
      throw new UsageError(
        `--weekdays: none of the last ${source.days} days is ${listOf(weekdays)} (${placeOf(database)})`,
      );
    }
    default:
      return source satisfies never;
  }
}
