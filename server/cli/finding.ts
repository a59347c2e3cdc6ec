/** One line of what `doctor` found out. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'problem';
  /** What is so; of a warning or a problem, what is wrong with it. */
  readonly what: string;
  /** What to do about it. */
  readonly todo?: string;
}

/** Nothing to do. */
export const ok = (what: string): Finding => ({ level: 'ok', what });
/** It works, and may hurt one day. */
export const warning = (what: string, todo: string): Finding => ({ level: 'warning', what, todo });
/** The server would not start, or lose something. */
export const problem = (what: string, todo: string): Finding => ({ level: 'problem', what, todo });

/** The findings as text for a person, with what to do under what is wrong, and a line that counts them. */
export function describeFindings(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ level, what, todo }) => [
    `${level.padEnd(8)} ${what}`,
    ...(todo === undefined ? [] : [`${' '.repeat(8)} → ${todo}`]),
  ]);
  const problems = count(findings, 'problem');
  const warnings = count(findings, 'warning');
  const end =
    problems + warnings === 0 ? 'All is well.' : `${plural(problems, 'problem')}, ${plural(warnings, 'warning')}.`;
  return `${[...lines, '', end].join('\n')}\n`;
}

/** How many findings are of a level. */
export const count = (findings: readonly Finding[], level: Finding['level']): number =>
  findings.filter((finding) => finding.level === level).length;

const plural = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;
