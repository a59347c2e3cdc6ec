import type { Clock } from '../../base/clock.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { limits } from '../check-item.ts';
import type { KnowledgeBase } from '../knowledge-base.ts';
import type { Article, ArticleText, CannedReply, CannedReplyText, KnowledgeKind } from '../knowledge-item.ts';
import type { CategoryName, KnowledgeStore, KnowledgeWrite } from '../knowledge-store.ts';
import { foldForSearch } from '../reply-match.ts';
import type { Viewer } from '../viewer.ts';
import { buildArticle, buildCategoryNames, buildReply, type ImportDefaults } from './build-items.ts';
import { ImportFailure, type ImportProblem } from './import-problem.ts';
import { KnownCategoryNames } from './known-category-names.ts';
import type { CsvColumn } from './read-csv.ts';
import { columnsIn, type ReadText, readTexts } from './read-texts.ts';
import { readZip } from './zip.ts';

export interface ImportRequest {
  readonly kind: KnowledgeKind;
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** Tells what would happen, and changes nothing. */
  readonly dryRun: boolean;
  readonly defaults: ImportDefaults;
  /** Names of columns in the files, to ours; '' for a column that is left out. */
  readonly mapping: Readonly<Record<string, string>>;
}

/** What became of a file, or would. With errors nothing of it is brought in. */
export interface ImportedFile {
  readonly name: string;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** What categories are called in other languages: names that are new or other ones. */
  readonly categoryNames: number;
  /** The first 100. */
  readonly items: readonly { readonly title: string; readonly action: 'create' | 'update' | 'unchanged' }[];
  /** The first 100, by line. */
  readonly errors: readonly ImportProblem[];
  /** Of a table: what it has, and what each is taken for. */
  readonly columns: readonly CsvColumn[];
}

export interface Importer {
  /** Each file wholly or not at all, one after the other. @throws Refusal `content-invalid` where there is no file */
  run(by: Pick<Viewer, 'id' | 'name'>, request: ImportRequest): Promise<ImportedFile[]>;
}

const shownItems = 100;
const maxTexts = 10_000;
const maxFiles = 2_000;

export function createImporter(deps: {
  readonly base: KnowledgeBase;
  readonly store: KnowledgeStore;
  readonly clock: Clock;
  readonly newId: () => string;
}): Importer {
  const { base } = deps;
  return {
    run: async (by, request) => {
      await base.catchUp();
      const files = unpacked(request.files);
      if (files.length === 0)
        throw new Refusal('content-invalid', 'files: name at least one file.', { field: 'files' });
      if (files.length > maxFiles)
        throw new Refusal('content-invalid', `files: at most ${maxFiles}, and these are ${files.length}.`, {
          field: 'files',
        });
      const known = new KnownItems(deps, request.kind, await deps.store.categoryNames());
      const results: ImportedFile[] = [];
      for (const file of files) results.push(await bringIn(file, by, request, known));
      return results;
    },
  };

  async function bringIn(
    file: UnpackedFile,
    by: Pick<Viewer, 'id' | 'name'>,
    request: ImportRequest,
    known: KnownItems,
  ): Promise<ImportedFile> {
    const errors: ImportProblem[] = [];
    const planned: Planned[] = [];
    const noting = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ImportFailure)) throw error;
        errors.push({ line: error.line, message: error.message });
        return undefined;
      }
    };
    const rows = await noting(() => {
      if (file.failure !== undefined) throw file.failure;
      const texts = readTexts(file, request.kind, request.mapping);
      if (texts.length > maxTexts)
        throw new ImportFailure(1, `At most ${maxTexts} texts, and these are ${texts.length}.`);
      return texts;
    });
    const draft = known.begin(file.name);
    for (const group of groupsOf(rows ?? [])) {
      const item = await noting(() => draft.plan(group, by, request.defaults));
      if (item !== undefined) planned.push(item);
    }
    const isGood = errors.length === 0;
    if (isGood && !request.dryRun) await noting(() => writeAll(planned));
    if (errors.length === 0) draft.keep();
    const counted = errors.length === 0 ? planned : [];
    const count = (action: Planned['action']) => counted.filter((one) => one.action === action).length;
    return {
      name: file.name,
      created: count('create'),
      updated: count('update'),
      unchanged: count('unchanged'),
      categoryNames: counted.flatMap(({ names }) => names).length,
      items: counted.slice(0, shownItems).map(({ title, action }) => ({ title, action })),
      errors: errors.sort((a, b) => a.line - b.line).slice(0, shownItems),
      columns: file.failure === undefined ? columnsIn(file, request.kind, request.mapping) : [],
    };
  }

  async function writeAll(planned: readonly Planned[]): Promise<void> {
    try {
      const names = planned.flatMap((one) => one.names);
      await base.write([
        ...planned.flatMap(({ write }) => write ?? []),
        ...names.map(({ category, language, name }): KnowledgeWrite => {
          return { kind: 'name-category', category, names: { [language]: name } };
        }),
      ]);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'conflict') throw error;
      throw new ImportFailure(
        1,
        `Somebody changed one of these texts meanwhile: import the file again. ${error.message}`,
        {
          cause: error,
        },
      );
    }
  }
}

interface Planned {
  readonly title: string;
  readonly action: 'create' | 'update' | 'unchanged';
  readonly write: KnowledgeWrite | undefined;
  readonly names: readonly CategoryName[];
}

/** Rows of one key belong together, wherever they stand in the file; one without a key stands for itself. */
function groupsOf(rows: readonly ReadText[]): ReadText[][] {
  const byKey = new Map<string, ReadText[]>();
  for (const [at, row] of rows.entries()) {
    const key = row.values.key?.trim() ?? '';
    const group = key === '' ? `row ${at}` : `key ${key}`;
    byKey.set(group, [...(byKey.get(group) ?? []), row]);
  }
  return [...byKey.values()];
}

type Item = CannedReply | Article;

/** What there is, with what the files before would have changed: a dry run tells of the second file as it will be. */
class KnownItems {
  readonly #deps: Parameters<typeof createImporter>[0];
  readonly #kind: KnowledgeKind;
  readonly #items = new Map<string, Item>();
  readonly #byKey = new Map<string, string>();
  readonly #byTitle = new Map<string, string>();
  readonly #byCode = new Map<string, string>();
  /** Texts that a file of this import has said, by item and language: which file. */
  readonly #said = new Map<string, string>();

  readonly #categoryNames: KnownCategoryNames;

  constructor(deps: Parameters<typeof createImporter>[0], kind: KnowledgeKind, names: readonly CategoryName[]) {
    this.#categoryNames = new KnownCategoryNames(names);
    this.#deps = deps;
    this.#kind = kind;
    const { base } = deps;
    for (const reply of kind === 'canned-reply' ? base.replies() : []) {
      this.#name(reply.id, reply.externalKey, [reply.title]);
      if (reply.shortCode !== null && reply.visibility !== 'private') this.#byCode.set(reply.shortCode, reply.id);
    }
    for (const article of kind === 'article' ? base.articles() : [])
      this.#name(
        article.id,
        article.externalKey,
        article.versions.map(({ title }) => title),
      );
  }

  #name(id: string, key: string | null, titles: readonly string[]): void {
    // An export names by its id what has no key.
    this.#byKey.set(key ?? id, id);
    // What has a key is known by it alone.
    if (key === null) for (const title of titles) this.#byTitle.set(foldForSearch(title), id);
  }

  /** What one file would change: kept when the whole file is right. */
  begin(file: string) {
    const said = new Set<string>();
    const drafts = new Map<string, Item>();
    const codes = new Map<string, string>();
    const naming = this.#categoryNames.begin(file);
    return {
      plan: async (
        rows: readonly ReadText[],
        by: Pick<Viewer, 'id' | 'name'>,
        defaults: ImportDefaults,
      ): Promise<Planned> => {
        const [main] = rows;
        const line = main?.line ?? 1;
        const id = this.#find(main);
        if (id !== undefined && drafts.has(id)) throw new ImportFailure(line, 'This text is in the file twice.');
        const before = id === undefined ? undefined : await this.#load(id);
        const named = before === undefined ? rows : withoutKey(rows, before.id);
        const text =
          this.#kind === 'article'
            ? buildArticle(named, before as Article | undefined, defaults)
            : buildReply(named, before as CannedReply | undefined, defaults);
        const title = 'title' in text ? text.title : (text.versions[0]?.title ?? '');
        if ('shortCode' in text && text.shortCode !== null && text.visibility !== 'private') {
          const owner = codes.get(text.shortCode) ?? this.#byCode.get(text.shortCode);
          if (owner !== undefined && owner !== before?.id)
            throw new ImportFailure(line, `code: another canned reply has /${text.shortCode}.`);
        }
        const names = 'versions' in text ? naming.plan(categoryNamesOf(named, text, defaults)) : [];
        if (before !== undefined && isSame(text, before))
          return { title, action: 'unchanged', write: undefined, names };
        if (before === undefined) this.#mustHaveRoom(drafts, line);
        const item = this.#next(text, before, by);
        drafts.set(item.id, item);
        // One file of an import does not silently take the place of another.
        for (const row of rows) {
          const one = `${item.id} ${(row.values.language?.trim() || defaults.language).toLowerCase()}`;
          const other = this.#said.get(one);
          if (other !== undefined)
            throw new ImportFailure(
              row.line,
              `${other} has another text for the same (${nameOf(row)}): rename one of them.`,
            );
          said.add(one);
        }
        if ('shortCode' in item && item.shortCode !== null) codes.set(item.shortCode, item.id);
        const expectRev = before?.rev ?? 0;
        const author = { id: by.id, name: by.name };
        const write: KnowledgeWrite =
          'versions' in item
            ? { kind: 'save-article', article: item, expectRev, author }
            : { kind: 'save-reply', reply: item, expectRev };
        return { title, action: before === undefined ? 'create' : 'update', write, names };
      },
      keep: (): void => {
        naming.keep();
        for (const [id, item] of drafts) {
          this.#items.set(id, item);
          this.#name(id, item.externalKey, 'title' in item ? [item.title] : item.versions.map(({ title }) => title));
        }
        for (const [code, id] of codes) this.#byCode.set(code, id);
        for (const one of said) this.#said.set(one, file);
      },
    };
  }

  #mustHaveRoom(drafts: ReadonlyMap<string, Item>, line: number): void {
    const { base } = this.#deps;
    const there = this.#kind === 'article' ? [...base.articles()].length : [...base.replies()].length;
    const most = this.#kind === 'article' ? limits.articles : limits.replies;
    if (there + drafts.size >= most) throw new ImportFailure(line, `There can be ${most} at the most.`);
  }

  #find(main: ReadText | undefined): string | undefined {
    const key = main?.values.key?.trim() ?? '';
    if (key !== '') return this.#byKey.get(key);
    return this.#byTitle.get(foldForSearch(main?.values.title ?? ''));
  }

  async #load(id: string): Promise<Item | undefined> {
    const known = this.#items.get(id);
    if (known !== undefined) return known;
    const { store } = this.#deps;
    const [item] = await (this.#kind === 'article' ? store.articles([id]) : store.replies([id]));
    return item;
  }

  #next(text: ArticleText | CannedReplyText, before: Item | undefined, by: Pick<Viewer, 'id'>): Item {
    const now = this.#deps.clock.now();
    const stamps = {
      id: before?.id ?? this.#deps.newId(),
      rev: (before?.rev ?? 0) + 1,
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    };
    if ('versions' in text) return { ...text, ...stamps };
    const reply = before as CannedReply | undefined;
    return {
      ...text,
      ...stamps,
      ownerId: reply?.ownerId ?? by.id,
      uses: reply?.uses ?? 0,
      usedAt: reply?.usedAt ?? null,
    };
  }
}

const categoryNamesOf = (rows: readonly ReadText[], text: ArticleText, defaults: ImportDefaults) =>
  buildCategoryNames(rows, text, defaults).map((given) => ({ category: text.category, ...given }));

/** By what a text was taken for one that is known. */
function nameOf({ values }: ReadText): string {
  const key = values.key?.trim() ?? '';
  return key === '' ? `title ${values.title ?? ''}` : `key ${key}`;
}

/** Its own id is no key that somebody gave it. */
function withoutKey(rows: readonly ReadText[], id: string): readonly ReadText[] {
  return rows.map((row) => (row.values.key?.trim() === id ? { ...row, values: { ...row.values, key: '' } } : row));
}

/** Whether the item says this text already. */
function isSame(text: ArticleText | CannedReplyText, item: Item): boolean {
  return Object.entries(text).every(
    ([name, value]) => JSON.stringify(value) === JSON.stringify((item as unknown as Record<string, unknown>)[name]),
  );
}

type UnpackedFile = { readonly name: string; readonly bytes: Uint8Array; readonly failure?: ImportFailure };

/** Archives give their files; what else lies in them (pictures, style sheets) is left aside. */
function unpacked(files: ImportRequest['files']): UnpackedFile[] {
  return files.flatMap((file): UnpackedFile[] => {
    if (!/\.zip$/i.test(file.name)) return [file];
    try {
      const entries = readZip(file.bytes).filter(
        ({ name }) => /\.([ct]sv|md|markdown|html?)$/i.test(name) && !/(^|\/)[._]/.test(name),
      );
      if (entries.length === 0)
        throw new ImportFailure(1, 'In the archive is no file that ends in .csv, .tsv, .md or .html.');
      return entries;
    } catch (error) {
      if (error instanceof ImportFailure) return [{ ...file, failure: error }];
      throw error;
    }
  });
}
