import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';

/** What a chart gives to its cluster: an object of the Kubernetes API, as far as its tests look at it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  // biome-ignore lint/suspicious/noExplicitAny: whatever the kind has; tests read what they expect and fail where it is not.
  readonly [field: string]: any;
}

type Scope = { readonly dot: unknown; readonly variables: Map<string, unknown> };
type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly words: string }
  | {
      readonly kind: 'block';
      readonly name: string;
      readonly words: string;
      readonly body: Node[];
      readonly otherwise: Node[];
    };

/**
 * Renders a chart as Helm does, as far as ours go: the actions and functions that it does not know are errors, so that a
 * template which begins to use another one says so.
 *
 * @param over values that differ from the chart's own, merged as `--set` does
 */
export function renderChart(dir: string, over: object = {}): Manifest[] {
  const read = (path: string) => readFileSync(join(dir, path), 'utf8');
  const chart = parse(read('Chart.yaml')) as { name: string; appVersion: string };
  const dot = {
    Values: merge(parse(read('values.yaml')), over),
    Chart: { Name: chart.name, AppVersion: chart.appVersion },
    Release: { Name: 'shop', Service: 'Helm' },
  };
  const renderer = new Renderer();
  const rendered = globSync('templates/*', { cwd: dir })
    .toSorted()
    .map((path) => ({ path, text: renderer.render(read(path), dot) }));
  return rendered
    .filter(({ path }) => /^[^_].*\.yaml$/.test(basename(path)))
    .flatMap(({ path, text }) =>
      parseAllDocuments(text).map((document) => {
        if (document.errors.length > 0) throw new Error(`${path}: ${document.errors[0]?.message}\n${text}`);
        return document.toJS() as Manifest | null;
      }),
    )
    .filter((manifest) => manifest !== null);
}

function merge(base: unknown, over: unknown): unknown {
  if (!isRecord(base) || !isRecord(over)) return over ?? base;
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) merged[name] = merge(base[name], value);
  return merged;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** As templates understand it: zero, nothing and what is empty are false. */
const isTrue = (value: unknown) =>
  isRecord(value) ? Object.keys(value).length > 0 : Array.isArray(value) ? value.length > 0 : Boolean(value);

const shown = (value: unknown) => (value === undefined || value === null ? '' : String(value));

class Renderer {
  readonly #defined = new Map<string, Node[]>();
  readonly #functions: Readonly<Record<string, (...given: never[]) => unknown>> = {
    include: (name: string, dot: unknown) => this.#run(this.#defined.get(name) ?? fail(`no template ${name}`), dot),
    nindent: (by: number, text: string) => `\n${text.replace(/^(?=.)/gm, ' '.repeat(by))}`,
    toYaml: (value: unknown) => stringify(value).trimEnd(),
    quote: (value: unknown) => JSON.stringify(shown(value)),
    default: (preset: unknown, value: unknown) => (isTrue(value) ? value : preset),
    required: (message: string, value: unknown) => (isTrue(value) ? value : fail(message)),
    printf: (format: string, ...values: unknown[]) => format.replaceAll('%s', () => shown(values.shift())),
    add: (a: number, b: number) => a + b,
    mul: (a: number, b: number) => a * b,
    not: (value: unknown) => !isTrue(value),
    and: (...values: unknown[]) => values.find((value) => !isTrue(value)) ?? values.at(-1),
    eq: (a: unknown, b: unknown) => a === b,
    ne: (a: unknown, b: unknown) => a !== b,
    list: (...values: unknown[]) => values,
    dict: (...values: unknown[]) =>
      Object.fromEntries(Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i], values[2 * i + 1]])),
  };

  render(template: string, dot: unknown): string {
    return this.#run(parseTemplate(template), dot);
  }

  #run(nodes: readonly Node[], dot: unknown): string {
    return this.#each(nodes, { dot, variables: new Map([['$', dot]]) });
  }

  #each(nodes: readonly Node[], scope: Scope): string {
    return nodes.map((node) => this.#one(node, scope)).join('');
  }

  #one(node: Node, scope: Scope): string {
    if (node.kind === 'text') return node.text;
    if (node.kind === 'value') return shown(this.#value(node.words, scope));
    if (node.name === 'define') {
      this.#defined.set(JSON.parse(node.words) as string, node.body);
      return '';
    }
    if (node.name === 'if')
      return this.#each(isTrue(this.#value(node.words, scope)) ? node.body : node.otherwise, scope);
    return this.#range(node, scope);
  }

  /** `range $key, $value := …`, `range $value := …` or `range …`; a map goes by its keys in order. */
  #range(node: Extract<Node, { kind: 'block' }>, scope: Scope): string {
    const [, key, value, words = ''] = /^(?:(?:(\$\w+), )?(\$\w+) := )?(.*)$/s.exec(node.words) ?? [];
    const over = this.#value(words, scope);
    const entries = isRecord(over)
      ? Object.entries(over).toSorted(([a], [b]) => (a < b ? -1 : 1))
      : [...((over as unknown[]) ?? [])].entries();
    return [...entries]
      .map(([name, each]) => {
        const variables = new Map(scope.variables);
        if (key !== undefined) variables.set(key, name);
        if (value !== undefined) variables.set(value, each);
        return this.#each(node.body, { dot: each, variables });
      })
      .join('');
  }

  /** A pipeline: each call gets what the one before it answered as its last argument. */
  #value(words: string, scope: Scope): unknown {
    const tokens = words.match(/"(?:[^"\\]|\\.)*"|[()|]|[^\s()|]+/g) ?? [];
    const { value, next } = this.#pipeline(tokens, 0, scope);
    if (next !== tokens.length) fail(`cannot read ${words}`);
    return value;
  }

  #pipeline(tokens: readonly string[], from: number, scope: Scope): { value: unknown; next: number } {
    let next = from;
    let value: unknown;
    for (let isFirst = true; ; isFirst = false) {
      const name = tokens[next] as string;
      const given: unknown[] = [];
      const call = /^[a-z]\w*$/i.test(name) && !/^(true|false)$/.test(name) ? name : undefined;
      if (call !== undefined) next += 1;
      while (next < tokens.length && tokens[next] !== '|' && tokens[next] !== ')') {
        const one = this.#term(tokens, next, scope);
        given.push(one.value);
        next = one.next;
      }
      if (call === undefined) {
        if (given.length !== 1 || !isFirst) fail(`cannot read ${tokens.join(' ')}`);
        value = given[0];
      } else {
        const known = this.#functions[call] ?? fail(`this renderer does not know ${call}`);
        value = known(...((isFirst ? given : [...given, value]) as never[]));
      }
      if (tokens[next] !== '|') return { value, next };
      next += 1;
    }
  }

  #term(tokens: readonly string[], at: number, scope: Scope): { value: unknown; next: number } {
    const token = tokens[at] as string;
    if (token === '(') {
      const { value, next } = this.#pipeline(tokens, at + 1, scope);
      return { value, next: next + 1 };
    }
    return { value: literalOf(token) ?? pathOf(token, scope), next: at + 1 };
  }
}

function literalOf(token: string): unknown {
  if (token.startsWith('"')) return JSON.parse(token);
  if (/^-?\d+$/.test(token)) return Number(token);
  if (token === 'true' || token === 'false') return token === 'true';
  return undefined;
}

/** `.`, `.a.b`, `$`, `$.a`, `$x.a`. What stands before an absent name has to be there, as in Helm. */
function pathOf(token: string, { dot, variables }: Scope): unknown {
  const [, variable = '', path = ''] = /^(\$\w*)?((?:\.\w*)*)$/.exec(token) ?? fail(`cannot read ${token}`);
  const from = variable === '' ? dot : variables.has(variable) ? variables.get(variable) : fail(`no ${variable}`);
  return path
    .split('.')
    .filter((name) => name !== '')
    .reduce((value, name) => (isRecord(value) ? value[name] : fail(`${token}: nothing has ${name}`)), from);
}

function fail(message: string): never {
  throw new Error(message);
}

function parseTemplate(template: string): Node[] {
  const root: Node[] = [];
  const open: { block: Extract<Node, { kind: 'block' }>; into: Node[] }[] = [];
  const into = () => open.at(-1)?.into ?? root;
  let rest = template;
  for (;;) {
    const found = /\{\{(-?)\s*((?:"(?:[^"\\]|\\.)*"|[^"])*?)\s*(-?)\}\}/s.exec(rest);
    const text = found === null ? rest : rest.slice(0, found.index);
    into().push({ kind: 'text', text: found?.[1] === '-' ? text.trimEnd() : text });
    if (found === null) break;
    const [whole, , action = '', after] = found;
    rest = rest.slice(found.index + whole.length);
    if (after === '-') rest = rest.trimStart();
    const [, name = '', words = ''] = /^(\S+)\s*(.*)$/s.exec(action) ?? [];
    if (action.startsWith('/*')) continue;
    if (name === 'end') open.pop();
    else if (name === 'else') {
      const last = open.at(-1) ?? fail('else without if');
      last.into = last.block.otherwise;
    } else if (['if', 'range', 'define'].includes(name)) {
      const block = { kind: 'block', name, words, body: [], otherwise: [] } as const satisfies Node;
      into().push(block);
      open.push({ block, into: block.body });
    } else into().push({ kind: 'value', words: action });
  }
  if (open.length > 0) fail(`${open.at(-1)?.block.name} without end`);
  return root;
}
