import type { Locale } from '../api.ts';
import type { Words } from './words.ts';

/** Day of a divider: today and yesterday by name, the year only when it is another one. */
export function formatDay(at: number, now: number, locale: Locale, words: Words): string {
  const day = new Date(at);
  const today = new Date(now);
  if (day.toDateString() === today.toDateString()) return words.today;
  today.setDate(today.getDate() - 1);
  if (day.toDateString() === today.toDateString()) return words.yesterday;
  const year = day.getFullYear() === new Date(now).getFullYear() ? {} : { year: 'numeric' as const };
  return day.toLocaleDateString(locale, { weekday: 'short', month: 'short', day: 'numeric', ...year });
}

export function formatTime(at: number, locale: Locale): string {
  return new Date(at).toLocaleTimeString(locale, { timeStyle: 'short' });
}

/** 20 MB, 340 KB: whole numbers, since nobody needs more of a file's size. */
export function formatSize(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${Math.round(bytes / 1024 / 1024)} MB`;
}
