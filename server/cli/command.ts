import { parseArgs } from 'node:util';

/** Where a command writes, and what it knows of its surroundings. */
export interface Io {
  /** What was asked for; ends with a line feed where it is a line. */
  readonly out: (text: string) => void;
  /** Progress and what went wrong. */
  readonly err: (text: string) => void;
  /** A person looks at `err`: progress may be drawn there. */
  readonly isTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** One sub-command of `parley`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** All that `--help` says: the form first, then the options. */
  readonly usage: string;
  /**
   * @returns the exit code: 0 done, 1 it could not be done or something is wrong
   * @throws UsageError for arguments that make no sense (exit code 2); any other Error is shown as one line (1)
   */
  run(args: readonly string[], io: Io): Promise<number>;
}

/** The command was called wrongly: one line that says how, and nothing has been done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** An option that takes a value, or one that is there or not. */
type OptionKind = 'value' | 'flag';

/** What was given: each option by its name, and the words between them. */
export interface Arguments<Options extends Readonly<Record<string, OptionKind>>> {
  readonly options: { readonly [Name in keyof Options]: Options[Name] extends 'flag' ? boolean : string | undefined };
  readonly positionals: readonly string[];
}

/**
 * Reads `--name value`, `--name` and what stands between them.
 * @throws UsageError for an option that is not among `options`, a value that is missing, or too many or too few words
 */
export function readArguments<const Options extends Readonly<Record<string, OptionKind>>>(
  args: readonly string[],
  options: Options,
  words: readonly string[] = [],
): Arguments<Options> {
  const types = Object.entries(options).map(([name, kind]) => [
    name,
    { type: kind === 'flag' ? ('boolean' as const) : ('string' as const) },
  ]);
  const { values, positionals } = parse(args, Object.fromEntries(types));
  if (positionals.length !== words.length) {
    const expected = words.length === 0 ? 'nothing but options' : words.join(' ');
    throw new UsageError(`expected ${expected}, got ${positionals.length === 0 ? 'nothing' : positionals.join(' ')}`);
  }
  const given = Object.entries(options).map(([name, kind]) => [
    name,
    values[name] ?? (kind === 'flag' ? false : undefined),
  ]);
  return { options: Object.fromEntries(given), positionals };
}

function parse(args: readonly string[], options: Record<string, { type: 'boolean' | 'string' }>) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    // What follows the first sentence is advice about the shell.
    const [first = ''] = (error as Error).message.split(/\.\s|\n/, 1);
    throw new UsageError(first.replace(/\.$/, ''), { cause: error });
  }
}
