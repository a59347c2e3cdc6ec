import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export type Span = { unit: 'seconds' | 'minutes' | 'hours' | 'days'; n: number };

/** A length of time in its largest whole unit. Negative spans (clocks differ) count as zero. */
export function spanOf(ms: number): Span {
  const length = Math.max(0, ms);
  if (length < minuteMs) return { unit: 'seconds', n: Math.floor(length / secondMs) };
  if (length < hourMs) return { unit: 'minutes', n: Math.floor(length / minuteMs) };
  if (length < dayMs) return { unit: 'hours', n: Math.floor(length / hourMs) };
  return { unit: 'days', n: Math.floor(length / dayMs) };
}

/** Whole days between two moments in the local time zone: 0 for the same day, 1 for yesterday. */
export function daysBetween(at: number, now: number): number {
  const midnight = (ms: number) => new Date(ms).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(at)) / dayMs);
}

/** The present, looked at anew every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Times in the person's language. */
export function useTimeWords() {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const span = useCallback(
    (ms: number) => {
      const { unit, n } = spanOf(ms);
      return t(`time.${unit}`, { n });
    },
    [t],
  );
  const ago = useCallback(
    (ms: number) => (ms < minuteMs ? t('time.justNow') : t('time.ago', { span: span(ms) })),
    [t, span],
  );
  const clock = useCallback(
    (at: number) => new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hour12: false }).format(at),
    [language],
  );
  const day = useCallback(
    (at: number, now: number) => {
      const days = daysBetween(at, now);
      if (days === 0) return t('time.today');
      if (days === 1) return t('time.yesterday');
      const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
      return new Intl.DateTimeFormat(language, {
        month: 'short',
        day: 'numeric',
        ...(days < 7 ? { weekday: 'short' as const } : {}),
        ...(sameYear ? {} : { year: 'numeric' as const }),
      }).format(at);
    },
    [t, language],
  );
  /** Short, for a row of a list: the clock today, else the day. */
  const stamp = useCallback(
    (at: number, now: number) => (daysBetween(at, now) === 0 ? clock(at) : day(at, now)),
    [clock, day],
  );
  /** To the second, for what is read beside a log or another entry. */
  const full = useCallback(
    (at: number) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(at),
    [language],
  );
  const toMinute = useCallback(
    (at: number) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(at),
    [language],
  );
  /** A moment that is still to come: the clock today, else with its day. */
  const when = useCallback(
    (at: number, now: number) => {
      const days = -daysBetween(at, now);
      if (days <= 0) return clock(at);
      if (days === 1) return `${t('time.tomorrow')} ${clock(at)}`;
      return new Intl.DateTimeFormat(language, {
        weekday: 'short',
        ...(days < 7 ? {} : { day: 'numeric' as const, month: 'short' as const }),
        hour: '2-digit',
        minute: '2-digit',
        hour12: false,
      }).format(at);
    },
    [t, clock, language],
  );
  return { span, ago, clock, day, stamp, full, toMinute, when };
}
