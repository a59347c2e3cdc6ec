import type { Io } from './command.ts';

/** Shows how far a long command is. Draws on a terminal only, at most a few times a second. */
export interface Progress {
  add(amount: number): void;
  /** Takes the line away again. */
  end(): void;
}

const drawEveryMs = 200;
const barWidth = 24;

/**
 * @param label what is being done, in a word or two
 * @param total how much there is of `unit`; more may come
 */
export function showProgress(
  { err, isTerminal }: Io,
  { label, total, unit, done = 0 }: { label: string; total: number; unit: 'rows' | 'bytes'; done?: number },
): Progress {
  if (!isTerminal) return { add: () => undefined, end: () => undefined };
  const startedAt = performance.now();
  let drawnAt = Number.NEGATIVE_INFINITY;
  let amount = 0;
  return {
    add: (more) => {
      amount += more;
      const now = performance.now();
      if (now - drawnAt < drawEveryMs) return;
      drawnAt = now;
      err(
        `\r\x1b[K${drawn({ label, total, unit, done: done + amount, perSecond: (amount * 1_000) / (now - startedAt) })}`,
      );
    },
    end: () => err('\r\x1b[K'),
  };
}

/** One line: label, bar, percentage, speed, and the time that is left at this speed. */
export function drawn(at: {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly unit: 'rows' | 'bytes';
  readonly perSecond: number;
}): string {
  const share = at.total === 0 ? 1 : Math.min(1, at.done / at.total);
  const filled = Math.round(share * barWidth);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
  const speed = at.unit === 'rows' ? `${Math.round(at.perSecond)} rows/s` : `${(at.perSecond / 1e6).toFixed(1)} MB/s`;
  const left = at.perSecond > 0 ? `, ${duration((at.total - at.done) / at.perSecond)} left` : '';
  return `${at.label.padEnd(12)} ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${speed}${left}`;
}

function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.ceil(whole / 60)} min`;
  return `${Math.floor(whole / 3_600)} h ${Math.ceil((whole % 3_600) / 60)} min`;
}
