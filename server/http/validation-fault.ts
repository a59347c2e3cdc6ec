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

/** As much of a JSON schema as is looked at here. */
interface Shape {
  readonly properties?: Readonly<Record<string, object>>;
  readonly items?: object;
  readonly maxItems?: number;
}

/**
 * The first list in a value that is longer than its schema allows. To be asked before a validator is asked for its faults: it
 * looks at each entry, and a megabyte of entries took it seconds.
 */
export function listTooLong(schema: object, value: unknown, path = ''): Fault | undefined {
  const { properties, items, maxItems = Number.POSITIVE_INFINITY } = schema as Shape;
  if (Array.isArray(value)) {
    if (value.length > maxItems) {
      const message = `must not have more than ${maxItems} items`;
      return { keyword: 'maxItems', schemaPath: path, instancePath: path, params: { limit: maxItems }, message };
    }
    return items === undefined ? undefined : firstOf(value.entries(), () => items);
  }
  if (properties === undefined || typeof value !== 'object' || value === null) return undefined;
  return firstOf(Object.entries(value), (name) => (Object.hasOwn(properties, name) ? properties[name] : undefined));

  function firstOf(
    entries: Iterable<[string | number, unknown]>,
    schemaOf: (name: string) => object | undefined,
  ): Fault | undefined {
    for (const [name, entry] of entries) {
      const inner = schemaOf(String(name));
      const fault = inner && listTooLong(inner, entry, `${path}/${name}`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
}
