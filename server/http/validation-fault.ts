/** What the validator says is wrong, as far as it is told. */
export interface Fault {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/**
 * The fault that the sender can mend: mostly the first. Of what may have several forms, the first form that is not ruled out
 * by a constant is the one that was meant (`format: "json"`), and of one among several constants all are named.
 */
export function faultToTell(faults: readonly Fault[]): Fault | undefined {
  const [first] = faults;
  const [union] = /^.*?\/anyOf(?=\/\d)/.exec(first?.schemaPath ?? '') ?? [];
  if (first === undefined || union === undefined) return first;
  const formOf = ({ schemaPath }: Fault) => schemaPath.slice(union.length).split('/')[1];
  const within = faults.filter(({ schemaPath }) => schemaPath.startsWith(`${union}/`));
  const constants = within.filter(({ keyword }) => keyword === 'const');
  const ruledOut = new Set(constants.map(formOf));
  const meant = within.find((fault) => !ruledOut.has(formOf(fault)));
  if (meant !== undefined || constants.length === 0) return meant ?? first;
  const allowed = constants.map(({ params }) => JSON.stringify(params.allowedValue)).join(', ');
  return { ...(constants[0] as Fault), message: `must be one of ${allowed}` };
}
