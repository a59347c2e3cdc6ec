import { Refusal } from '../gateway/refusal.ts';

/**
 * Reads a value of unknown shape into a typed one.
 *
 * @param path where it stands, as the refusal names it: `groups[2].minLevel`
 * @param unknown what becomes of fields that no shape names (default: they are refused)
 * @throws Refusal `settings-invalid`, its `field` is the path
 */
export type Read<T> = (value: unknown, path: string, unknown?: UnknownFields) => T;

/** `ignore` is for what an older version has stored: it may have known fields that are gone since. */
export type UnknownFields = 'refuse' | 'ignore';

/** What may be left out, and what then holds; `undefined`: the field is then absent. */
export interface Optional<T> {
  readonly read: Read<T>;
  readonly otherwise: T | undefined;
}

interface Defaulted<T> extends Optional<T> {
  readonly otherwise: T;
}

/** One for each field of a type: only where the type does without it may it be absent. */
export type Shape<T> = {
  readonly [K in keyof T]-?:
    | Read<T[K]>
    | (object extends Pick<T, K> ? Optional<Exclude<T[K], undefined>> : Defaulted<T[K]>);
};

export function refuse(path: string, what: string): never {
  throw new Refusal('settings-invalid', `${path || 'routing'}: ${what}.`, { field: path });
}

/** An object with these fields, and no others where those are refused. */
export function object<T>(shape: Shape<T>): Read<T> {
  const fields = Object.entries(shape) as [string, Read<unknown> | Optional<unknown>][];
  const known = new Set(Object.keys(shape));
  return (value, path, unknown = 'refuse') => {
    const given = asObject(value, path);
    for (const key of Object.keys(given)) {
      if (unknown === 'refuse' && !known.has(key))
        refuse(join(path, key), `there is no such field; there are ${[...known].join(', ')}`);
    }
    const result: Record<string, unknown> = {};
    for (const [key, reader] of fields) {
      const field = join(path, key);
      const read = typeof reader === 'function' ? reader : reader.read;
      if (given[key] !== undefined) result[key] = read(given[key], field, unknown);
      else if (typeof reader === 'function') refuse(field, 'is missing');
      else if (reader.otherwise !== undefined) result[key] = reader.otherwise;
    }
    return result as T;
  };
}

export function optional<T>(read: Read<T>): Optional<T>;
export function optional<T>(read: Read<T>, otherwise: T): Defaulted<T>;
export function optional<T>(read: Read<T>, otherwise?: T): Optional<T> {
  return { read, otherwise };
}

export function nullable<T>(read: Read<T>): Read<T | null> {
  return (value, path, unknown) => (value === null ? null : read(value, path, unknown));
}

/** One of several objects, which its `kind` tells apart. */
export function oneKind<T extends { readonly kind: string }>(
  readers: { readonly [K in T['kind']]: Read<Extract<T, { readonly kind: K }>> },
): Read<T> {
  const byKind = readers as Readonly<Record<string, Read<T>>>;
  return (value, path, unknown) => {
    const kind = asObject(value, path).kind;
    const read = typeof kind === 'string' && Object.hasOwn(byKind, kind) ? byKind[kind] : undefined;
    if (read === undefined) refuse(join(path, 'kind'), `expected one of ${Object.keys(byKind).join(', ')}`);
    return read(value, path, unknown);
  };
}

export function list<T>(read: Read<T>, { min = 0, max }: { min?: number; max: number }): Read<readonly T[]> {
  return (value, path, unknown) => {
    if (!Array.isArray(value)) refuse(path, 'expected a list');
    if (value.length < min) refuse(path, min === 1 ? 'is empty' : `expected at least ${min}`);
    if (value.length > max) refuse(path, `has ${value.length} entries, at most ${max} are possible`);
    return value.map((entry, index) => read(entry, `${path}[${index}]`, unknown));
  };
}

/** An object whose keys are names. */
export function record<T>(read: Read<T>, { max }: { max: number }): Read<Readonly<Record<string, T>>> {
  return (value, path, unknown) => {
    const entries = Object.entries(asObject(value, path));
    if (entries.length > max) refuse(path, `has ${entries.length} entries, at most ${max} are possible`);
    return Object.fromEntries(entries.map(([key, entry]) => [key, read(entry, join(path, key), unknown)]));
  };
}

export function text({ max, what = 'text' }: { max: number; what?: string }): Read<string> {
  return (value, path) => {
    if (typeof value !== 'string' || value.trim() === '') refuse(path, `expected ${what}`);
    if (value.length > max) refuse(path, `is longer than ${max} characters`);
    return value;
  };
}

/** Text that a check of its own accepts. */
export function textThat(isRight: (value: string) => boolean, what: string): Read<string> {
  return (value, path) => {
    if (typeof value !== 'string' || !isRight(value)) refuse(path, `expected ${what}`);
    return value;
  };
}

/** @param unit of what: "milliseconds" */
export function integer(min: number, max: number, unit = ''): Read<number> {
  const what = `a whole number from ${min} to ${max}${unit === '' ? '' : ` ${unit}`}`;
  return (value, path) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      refuse(path, `expected ${what}`);
    }
    return value;
  };
}

export function number(min: number, max: number): Read<number> {
  return (value, path) => {
    if (typeof value !== 'number' || !(value >= min && value <= max)) {
      refuse(path, `expected a number from ${min} to ${max}`);
    }
    return value;
  };
}

export const boolean: Read<boolean> = (value, path) => {
  if (typeof value !== 'boolean') refuse(path, 'expected true or false');
  return value;
};

export function oneOf<T extends string | boolean>(allowed: readonly T[]): Read<T> {
  return (value, path) => {
    const found = allowed.find((each) => each === value);
    if (found === undefined) refuse(path, `expected one of ${allowed.join(', ')}`);
    return found;
  };
}

function asObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'expected an object');
  return value as Record<string, unknown>;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
