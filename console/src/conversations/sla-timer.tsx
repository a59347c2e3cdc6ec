import { Tooltip } from '@mantine/core';
import type { SlaClockView } from '@parley/sdk/protocol.ts';
import { IconAlarm, IconPlayerPauseFilled } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useNow, useTimeWords } from '../words/time.ts';
import { type SlaShown, slaShown } from './sla-shown.ts';
import styles from './sla-timer.module.css';

/** The first clock of a conversation, in a row of a list. */
export function SlaMark({ clocks, now }: { clocks: readonly SlaClockView[] | undefined; now: number }) {
  const words = useSlaWords();
  const [first] = clocks ?? [];
  if (first === undefined) return null;
  const shown = slaShown(first, now);
  return (
    <span
      className={styles.timer}
      data-tone={shown.tone}
      role="img"
      aria-label={words.whole(shown)}
      title={words.whole(shown)}
    >
      <Sign shown={shown} />
      {words.short(shown)}
    </span>
  );
}

/** The same where nobody else looks at the time. */
export function LiveSlaMark({ clocks }: { clocks: readonly SlaClockView[] | undefined }) {
  return <SlaMark clocks={clocks} now={useNow(1_000)} />;
}

/** The first clock with its name, and all of them for whoever looks closer: in a conversation's header. */
export function SlaTimer({ clocks }: { clocks: readonly SlaClockView[] | undefined }) {
  const now = useNow(1_000);
  const words = useSlaWords();
  const all = (clocks ?? []).map((clock) => slaShown(clock, now));
  const [first] = all;
  if (first === undefined) return null;
  const lines = all.map((shown) => words.whole(shown));
  return (
    <Tooltip multiline label={lines.map((line) => <div key={line}>{line}</div>)}>
      <span className={styles.timer} data-tone={first.tone} data-large role="img" aria-label={lines.join('. ')}>
        <Sign shown={first} />
        <span className={styles.target}>{words.target(first)}</span>
        {words.short(first)}
      </span>
    </Tooltip>
  );
}

function Sign({ shown }: { shown: SlaShown }) {
  const Icon = shown.clock.dueAt === null ? IconPlayerPauseFilled : IconAlarm;
  return <Icon size={13} stroke={2} aria-hidden="true" />;
}

function useSlaWords() {
  const { t } = useTranslation();
  const { span, full } = useTimeWords();
  const target = ({ clock }: SlaShown) => t(`sla.target.${clock.target}`);
  return {
    target,
    /** `12m`; a minus where it is late. */
    short: ({ tone, ms, clock }: SlaShown) => {
      if (clock.dueAt === null) return tone === 'breached' ? t('sla.paused') : span(ms);
      return tone === 'breached' ? t('sla.lateShort', { span: span(ms) }) : span(ms);
    },
    whole: (shown: SlaShown) => {
      const { clock, tone, ms } = shown;
      const name = target(shown);
      if (clock.dueAt === null) {
        const why = clock.pausedBy === undefined ? t('sla.paused') : t(`sla.pausedBy.${clock.pausedBy}`);
        return tone === 'breached'
          ? t('sla.breachedPaused', { name, why })
          : t('sla.pausedWith', { name, why, span: span(ms) });
      }
      const at = full(clock.dueAt);
      return t(tone === 'breached' ? 'sla.overdue' : 'sla.dueIn', { name, span: span(ms), at });
    },
  };
}
