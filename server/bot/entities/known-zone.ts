import { isTimeZone } from '../../base/zone-time.ts';
import { Refusal } from '../../gateway/refusal.ts';

/** @throws Refusal `bad-request` for a time zone that there is not */
export function knownZone(timeZone = 'UTC'): string {
  if (isTimeZone(timeZone)) return timeZone;
  throw new Refusal('bad-request', `timeZone: "${timeZone}" is no time zone: write Asia/Shanghai.`, {
    field: 'timeZone',
  });
}
