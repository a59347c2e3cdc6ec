/** What is hidden of a text before it leaves, by the word that stands in its place. */
export const maskedKinds = ['EMAIL', 'PHONE', 'CARD', 'ID', 'ACCOUNT', 'ADDRESS', 'NAME', 'TEXT'] as const;
export type MaskedKind = (typeof maskedKinds)[number];

/**
 * Puts numbered placeholders in the place of personal data, the same one for the same value, and puts the values back
 * into what comes back. One belongs to one exchange with one server: its numbers mean nothing elsewhere.
 */
export interface Masking {
  mask(text: string): string;
  unmask(text: string): string;
  /** Unmasks a text that comes in pieces: a placeholder may be cut in two. `end` gives what was held back. */
  unmaskStream(): { add(piece: string): string; end(): string };
  /** How many values were hidden. */
  readonly count: number;
}

const placeholder = new RegExp(`\\[(?:${maskedKinds.join('|')})_\\d{1,4}\\]`, 'g');
/** The beginning of one at the end of a piece. */
const begun = /\[[A-Z]{0,8}_?\d{0,4}$/;

/** @param names of people, as they are known: their mention is hidden too */
export function createMasking(names: readonly string[] = []): Masking {
  const values = new Map<string, string>();
  const masks = new Map<string, string>();
  const counts = new Map<MaskedKind, number>();

  function hide(kind: MaskedKind, value: string): string {
    const key = `${kind} ${value}`;
    const known = masks.get(key);
    if (known !== undefined) return known;
    const number = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, number);
    const mask = `[${kind}_${number}]`;
    masks.set(key, mask);
    values.set(mask, value);
    return mask;
  }

  const known = nameFinder(names);
  const unmask = (text: string) => text.replace(placeholder, (mask) => values.get(mask) ?? mask);

  return {
    mask(text) {
      const spans = findPersonalData(text, known);
      let masked = '';
      let from = 0;
      for (const { kind, start, end } of spans) {
        masked += text.slice(from, start) + hide(kind, text.slice(start, end));
        from = end;
      }
      return masked + text.slice(from);
    },
    unmask,
    unmaskStream() {
      let held = '';
      return {
        add: (piece) => {
          const text = held + piece;
          const at = begun.exec(text)?.index ?? text.length;
          held = text.slice(at);
          return unmask(text.slice(0, at));
        },
        end: () => {
          const rest = unmask(held);
          held = '';
          return rest;
        },
      };
    },
    get count() {
      return values.size;
    },
  };
}

interface Span {
  readonly kind: MaskedKind;
  readonly start: number;
  readonly end: number;
}

type Finder = (text: string) => Span[];

const finderOf =
  (kind: MaskedKind, pattern: RegExp, isReal: (found: string) => boolean = () => true): Finder =>
  (text) =>
    [...text.matchAll(pattern)].flatMap((match) => {
      const [found] = match;
      return isReal(found) ? [{ kind, start: match.index, end: match.index + found.length }] : [];
    });

const digitsOf = (text: string): string => text.replace(/\D/g, '');
const hasDigits = (least: number, most: number) => (text: string) => {
  const { length } = digitsOf(text);
  return length >= least && length <= most;
};

/** A number is seen where no digit or letter of Latin script touches it: Chinese is written right beside. */
const before = String.raw`(?<![A-Za-z\d.])`;
const after = String.raw`(?![A-Za-z\d])`;

/** The first that finds something has it: what is told most surely comes first. */
const finders: readonly Finder[] = [
  // What a person wrote that looks like one of ours would come back as somebody's value.
  finderOf('TEXT', placeholder),
  finderOf('EMAIL', /[\p{L}\d._%+-]{1,64}@[\p{L}\d](?:[\p{L}\d.-]{0,250}[\p{L}\d])?\.[\p{L}]{2,24}/gu),
  // Resident identity number (GB 11643): region, birthday, order, check character.
  finderOf(
    'ID',
    new RegExp(
      `${before}[1-9]\\d{5}(?:18|19|20)\\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])\\d{3}[\\dXx]${after}`,
      'g',
    ),
  ),
  finderOf('ID', new RegExp(`${before}\\d{3}-\\d{2}-\\d{4}${after}`, 'g')),
  finderOf('ID', new RegExp(`${before}[EGDSP][A-Z]?\\d{7,8}${after}`, 'g')),
  finderOf(
    'ACCOUNT',
    new RegExp(`${before}[A-Z]{2}\\d{2}(?: ?[A-Z\\d]{4}){2,7}(?: ?[A-Z\\d]{1,3})?${after}`, 'g'),
    isIban,
  ),
  finderOf('PHONE', new RegExp(`${before}(?:\\+|00)\\d(?:[ ().-]{0,2}\\d){6,14}${after}`, 'g'), hasDigits(7, 17)),
  finderOf('CARD', new RegExp(`${before}(?:[3-6]|2[2-7])(?:[ -]?\\d){12,18}${after}`, 'g'), (found) =>
    passesLuhn(digitsOf(found)),
  ),
  finderOf('PHONE', new RegExp(`${before}1[3-9]\\d[ -]?\\d{4}[ -]?\\d{4}${after}`, 'g')),
  finderOf('PHONE', new RegExp(`${before}(?:\\(0\\d{2,3}\\)|0\\d{2,3})[ -]?\\d{7,8}${after}`, 'g')),
  finderOf('PHONE', new RegExp(`${before}400[ -]?\\d{3}[ -]?\\d{4}${after}`, 'g')),
  finderOf('PHONE', new RegExp(`(?<![A-Za-z\\d])(?:\\(\\d{3}\\) ?|\\d{3}[ .-])\\d{3}[ .-]\\d{4}${after}`, 'g')),
  finderOf(
    'ADDRESS',
    /(?:[\p{Script=Han}]{2,8}?(?:省|自治区|特别行政区))?(?:[\p{Script=Han}]{2,8}?[市州盟])?(?:[\p{Script=Han}]{1,8}?[区县旗镇乡])?[\p{Script=Han}\d]{1,12}?(?:大道|大街|胡同|路|街|道|巷|弄|村|小区|花园|公寓)[\p{Script=Han}\d-]{0,16}?\d{1,5}(?:号楼|号院|号|弄|栋|幢|座|单元|室|楼|层)(?:[\p{Script=Han}A-Za-z\d-]{0,12}?\d{0,5}(?:号楼|号院|号|栋|幢|座|单元|室|楼|层))*/gu,
  ),
  finderOf(
    'ADDRESS',
    /(?<![\w.])\d{1,6}[A-Za-z]?,? (?:(?:N|S|E|W|North|South|East|West)\.? )?(?:[A-Z][\w'’.-]{0,24} ){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Way|Highway|Hwy)\b\.?(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Floor|Fl|#)\.? ?[\w-]{1,8})?(?:, [A-Z][A-Za-z.'’-]{0,24}(?: [A-Z][A-Za-z.'’-]{1,24}){0,3}){0,2}(?:,? [A-Z]{2})?(?:,? (?:\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}))?/g,
  ),
];

function findPersonalData(text: string, names: Finder): Span[] {
  const taken: Span[] = [];
  for (const finder of [...finders, names]) {
    for (const span of finder(text)) {
      if (taken.every(({ start, end }) => span.end <= start || span.start >= end)) taken.push(span);
    }
  }
  return taken.sort((a, b) => a.start - b.start);
}

/** One letter or a title is nobody's name. */
const leastName = 2;

function nameFinder(names: readonly string[]): Finder {
  const real = names.map((name) => name.trim()).filter((name) => name.length >= leastName && name.length <= 100);
  if (real.length === 0) return () => [];
  const escaped = real.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return finderOf('NAME', new RegExp(`(?<![A-Za-z\\d])(?:${escaped.join('|')})(?![A-Za-z\\d])`, 'giu'));
}

/** The check digit of payment cards (ISO/IEC 7812-1, annex B). */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (const [at, digit] of [...digits].reverse().entries()) {
    const value = Number(digit) * (at % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0 && /[1-9]/.test(digits);
}

/** ISO 13616: the number's remainder by 97 is 1, its first four characters at the end and letters as 10 … 35. */
function isIban(text: string): boolean {
  const compact = text.replaceAll(' ', '');
  if (compact.length < 15 || compact.length > 34) return false;
  let remainder = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    for (const digit of String(Number.parseInt(character, 36))) remainder = (remainder * 10 + Number(digit)) % 97;
  }
  return remainder === 1;
}
