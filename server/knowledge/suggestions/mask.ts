/** What stands in for a person's data in words that are kept, and is filled in from the conversation at hand. */
export type Placeholder = 'contact.name' | 'agent.name' | 'email' | 'phone' | 'order' | 'number' | 'link';

/** Who is spoken of: their names are taken out as they are written. */
export interface Names {
  readonly contact: string | undefined;
  readonly agent: string | undefined;
}

const mark = (name: Placeholder) => `{{${name}}}`;
const marks = /\{\{\s*([a-z.]+)\s*\}\}/gi;

const email = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;
/** An address may carry a token or an order in its path or query; a bare site names nobody. */
const link = /\bhttps?:\/\/[^\s/?#]+[/?#][^\s，。）)]*/giu;
/** Letters and at least four digits in one word, or at least eight digits: orders, parcels, accounts. */
const order = /(?<![\p{L}\p{N}])(?=[A-Za-z-]*\d)(?:[A-Za-z]{1,5}[-_]?\d[A-Za-z0-9-]{3,30}|#\d{3,20})(?![A-Za-z0-9])/gu;
const phone =
  /(?<![\p{L}\p{N}])(?:\+\d{1,3}[\s-]?)?(?:1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}|\(?\d{2,4}\)?(?:[\s-]\d{2,4}){2,4}|\d{3,4}-\d{7,8})(?!\d)/gu;
const longNumber = /(?<!\d)\d{6,}[\dXx]?(?!\d)/gu;

/** Most texts have none of it: a look for what all of its kind have costs much less than a search. */
const masks: readonly { pattern: RegExp; name: Placeholder; hint: RegExp }[] = [
  { pattern: email, name: 'email', hint: /@/ },
  { pattern: link, name: 'link', hint: /https?:/i },
  { pattern: phone, name: 'phone', hint: /\d{2}/ },
  { pattern: order, name: 'order', hint: /\d/ },
  { pattern: longNumber, name: 'number', hint: /\d{6}/ },
];

/**
 * A text without what tells of one person: e-mail, phone, order and other long numbers, links with a path, and the names of
 * the two who talked stand as placeholders.
 */
export function masked(text: string, names: Names): string {
  // Braces of the text itself would be taken for ours.
  let result = text.replaceAll('{{', '{ {');
  for (const { pattern, name, hint } of masks) if (hint.test(result)) result = result.replace(pattern, mark(name));
  for (const [name, placeholder] of [
    [names.contact, 'contact.name'],
    [names.agent, 'agent.name'],
  ] as const) {
    for (const part of partsOf(name)) result = result.replace(part, mark(placeholder));
  }
  return result;
}

/** A name whole, and its first and last word: people are greeted by either. */
function partsOf(name: string | undefined): RegExp[] {
  const whole = name?.trim() ?? '';
  const parts = [whole, ...(whole.includes(' ') ? [whole.split(/\s+/)[0] ?? '', whole.split(/\s+/).at(-1) ?? ''] : [])];
  return parts.flatMap((part) => {
    // A name of one letter, or one that is a number, stands in too many words.
    if (part.length < 2 || /^\d+$/.test(part)) return [];
    const literal = part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const isLatin = /^[\p{Script=Latin}\p{M}.'-]+$/u.test(part.replaceAll(' ', ''));
    return [new RegExp(isLatin ? `(?<![\\p{L}\\p{N}{.])${literal}(?![\\p{L}\\p{N}}])` : literal, 'giu')];
  });
}

/**
 * A kept text for the conversation at hand. A sentence of which something is not known is left out; undefined where nothing
 * is left.
 */
export function filled(text: string, values: Partial<Record<Placeholder, string>>): string | undefined {
  if (!text.includes('{{')) return text;
  const fill = (part: string): string | undefined => {
    let isWhole = true;
    const result = part.replace(marks, (_, name: string) => {
      const value = values[name as Placeholder];
      if (value === undefined || value === '') isWhole = false;
      return value ?? '';
    });
    return isWhole ? result : undefined;
  };
  const result = partsIn(text).flatMap((part) => fill(part) ?? greetingWithout(part) ?? []);
  const whole = result.join('').trim();
  return /[\p{L}\p{N}]/u.test(whole) ? whole : undefined;
}

/** "Hi {{contact.name}}," is a greeting without its name, too. */
function greetingWithout(part: string): string | undefined {
  const greeting = /^(\s*[\p{L}]+(?: [\p{L}]+)?)[\s,，]+\{\{contact\.name\}\}([,，!！:：]\s*)(.*)$/su.exec(part);
  if (greeting === null || greeting[3]?.includes('{{')) return undefined;
  return `${greeting[1]}${greeting[2]}${greeting[3]}`;
}

/** The text in sentences with what parts them: joined they are the text again. */
const partsIn = (text: string): string[] => text.split(/(?<=[.!?…](?=\s)|[。！？；\n])/u);
