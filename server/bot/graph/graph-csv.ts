import type { GraphContent, Validity } from './graph-content.ts';
import type { GraphCsv } from './graph-input.ts';

/** A graph as the three CSV files that `readGraphCsv` reads. */
export function writeGraphCsv({ nodes, relations, answers }: GraphContent): Required<GraphCsv> {
  const languages = [...new Set(nodes.flatMap(({ names }) => Object.keys(names)))].toSorted();
  const origin = ({ validFrom, validTo, source }: Validity & { readonly source: string | null }) => [
    dateOf(validFrom),
    dateOf(validTo),
    source ?? '',
  ];
  return {
    nodes: table(
      ['id', 'type', ...languages.map((language) => `name_${language}`), 'synonyms'],
      nodes.map(({ id, type, names, synonyms }) => [
        id,
        type,
        ...languages.map((one) => names[one] ?? ''),
        synonyms.join('|'),
      ]),
    ),
    relations: table(
      ['from', 'type', 'to', 'valid_from', 'valid_to', 'source'],
      relations.map((relation) => [relation.from, relation.type, relation.to, ...origin(relation)]),
    ),
    answers: table(
      ['node', 'attribute', 'language', 'text', 'valid_from', 'valid_to', 'source'],
      answers.map((answer) => [answer.node, answer.attribute, answer.language, answer.text, ...origin(answer)]),
    ),
  };
}

const dateOf = (at: number | null): string => (at === null ? '' : new Date(at).toISOString());

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, ...rows].map((row) => `${row.map(quoted).join(',')}\n`).join('');

const quoted = (value: string): string => (/[",\n\r]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
