import type { FoundPassage, IndexDocument, PassageIndex } from './passage-index.ts';

/** An index without learning: pairs of signs that a passage shares with the question. */
export function createPlainIndex(): PassageIndex {
  const documents = new Map<string, { document: IndexDocument; pairs: ReadonlySet<string> }>();
  return {
    put: (added) => {
      for (const document of added) {
        const words = [document.title, ...(document.questions ?? []), document.text ?? ''].join(' ');
        documents.set(document.id, { document, pairs: pairsOf(words) });
      }
    },
    remove: (ids) => {
      for (const id of ids) documents.delete(id);
    },
    search: (text, { limit, accepts = () => true }) => {
      const asked = pairsOf(text);
      const found: FoundPassage[] = [];
      for (const [docId, { document, pairs }] of documents) {
        if (!accepts(docId)) continue;
        const shared = [...asked].filter((pair) => pairs.has(pair)).length;
        if (shared > 0)
          found.push({
            docId,
            passageId: `${docId}#0`,
            text: document.text ?? document.title,
            score: shared / asked.size,
          });
      }
      return found.sort((a, b) => b.score - a.score).slice(0, limit);
    },
    get size() {
      return documents.size;
    },
    bytes: 0,
  };
}

function pairsOf(text: string): Set<string> {
  const signs = [...text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ')];
  return new Set(
    signs
      .slice(1)
      .map((sign, at) => `${signs[at]}${sign}`)
      .filter((pair) => !pair.includes(' ')),
  );
}
