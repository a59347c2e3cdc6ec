/** What is wrong with a file, and on which of its lines, from 1 on. */
export interface ImportProblem {
  readonly line: number;
  readonly message: string;
}

/** Stops the reading of a file. */
export class ImportFailure extends Error {
  override readonly name = 'ImportFailure';
  readonly line: number;
  constructor(line: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.line = line;
  }
}
