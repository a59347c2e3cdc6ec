import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { EventData } from 'node:test';
import type { TestEvent } from 'node:test/reporters';

/**
 * A reporter of `node --test` that speaks at the end: how many tests there were, and each that was skipped with its
 * reason, which names the Debian package that it needs. Where CI is `true`, a skipped test fails the run. Into the file that
 * `PARLEY_FAILED_FILES` names go the files with failed tests, one a line, and `?` for what failed without one. Last come the
 * files that took longest: there is where time can be saved.
 */
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const skipped: string[] = [];
  const failed = new Set<string>();
  const took: { file: string; seconds: number }[] = [];
  const note = process.env.PARLEY_FAILED_FILES;
  for await (const { type, data } of events) {
    if (type === 'test:pass' && data.skip !== undefined && data.skip !== false) {
      skipped.push(`Skipped: ${data.name} (${relative(process.cwd(), data.file ?? '')}): ${data.skip}\n`);
    }
    if (type === 'test:fail') failed.add(data.file ?? '?');
    if (type !== 'test:summary') continue;
    // One summary a file, then that of the whole run, which has no file.
    if (data.file !== undefined) {
      took.push({ file: relative(process.cwd(), data.file), seconds: data.duration_ms / 1_000 });
      continue;
    }
    yield countLines(data.counts);
    yield* skipped;
    yield* slowestOf(took);
    const isIncomplete = skipped.length > 0 && process.env.CI === 'true';
    if (note !== undefined) writeFileSync(note, [...failed, ...(isIncomplete ? ['?'] : [])].join('\n'));
    if (!isIncomplete) continue;
    yield 'In CI nothing may be skipped.\n';
    process.exitCode = 1;
  }
}

const mostShown = 25;

function slowestOf(took: readonly { file: string; seconds: number }[]): string[] {
  if (took.length < mostShown) return [];
  const slowest = took.toSorted((a, b) => b.seconds - a.seconds).slice(0, mostShown);
  const all = took.reduce((sum, { seconds }) => sum + seconds, 0);
  return [
    `Files that took longest, in seconds (all ${took.length} together: ${Math.round(all)}, several at once):\n`,
    ...slowest.map(({ file, seconds }) => `${seconds.toFixed(0).padStart(6)}  ${file}\n`),
  ];
}

/** The lines of TAP's end, which readers of logs look for. Each test is counted as one of the kinds. */
function countLines({ tests, passed, cancelled, skipped, todo }: EventData.TestSummary['counts']): string {
  const fail = tests - passed - cancelled - skipped - todo;
  const lines = Object.entries({ tests, pass: passed, fail, cancelled, skipped, todo });
  return lines.map(([name, count]) => `# ${name} ${count}\n`).join('');
}
