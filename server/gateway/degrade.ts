import type {
  AudioContent,
  Capabilities,
  CardContent,
  ChoicesContent,
  Content,
  ContentType,
  FileContent,
  FormContent,
  ImageContent,
  LinkContent,
  LocationContent,
  RatingContent,
  StickerContent,
  TextContent,
  VideoContent,
} from '@parley/sdk/protocol.ts';
import { splitText, utf8Bytes } from './split-text.ts';

/** What a channel is asked to carry must at least be text; of everything else `degrade` asks its capabilities. */
export type Carries = Pick<Capabilities, 'content' | 'maxTextBytes' | 'maxChoices' | 'maxFileBytes'>;

export interface DegradeOptions {
  /** Our own address as customers reach it (`https://chat.example.com`): makes `/files/…` absolute in links and text. */
  readonly publicUrl?: string;
  /** Language of the few words that a fallback needs ("Image"); default `en`. */
  readonly language?: 'en' | 'zh-CN';
}

/**
 * Turns what a channel cannot carry into the nearest that it can, in the order in which a reader should get it:
 * a card becomes a link and then text, choices become a numbered text, media become a file, a link, and then text with
 * the address. What the channel carries stays as it is, but for text that is too long, which is split.
 *
 * Every part has a type that the channel carries (`text` counts as carried always), its words fit `maxTextBytes`
 * together, and no words are lost but the white space at which a text is split.
 *
 * @param capabilities `maxTextBytes` is at least 4, so that every character fits
 * @returns one part or more
 */
export function degrade(content: Content, capabilities: Carries, options: DegradeOptions = {}): Content[] {
  if (content.type === 'text') return textParts(content.text, capabilities.maxTextBytes);
  if (isCarried(content, capabilities)) return [content];
  return nearest(content, { capabilities, options }).flatMap((next) => degrade(next, capabilities, options));
}

/** Makes the path of a file of ours absolute; an address that is absolute already stays. */
export function absoluteUrl(url: string, publicUrl: string | undefined): string {
  if (publicUrl === undefined || !url.startsWith('/')) return url;
  return publicUrl.replace(/\/+$/, '') + url;
}

/** Everything in a content that a person reads, in reading order; addresses are not words. */
export function wordsOf(content: Content): string[] {
  return words[content.type](content as never).filter((text): text is string => text !== undefined && text !== '');
}

type MediaContent = ImageContent | AudioContent | VideoContent | FileContent;
type WordsTable = { [K in ContentType]: (content: Extract<Content, { type: K }>) => (string | undefined)[] };

const words: WordsTable = {
  text: ({ text }) => [text],
  image: ({ caption }) => [caption],
  audio: ({ transcript }) => [transcript],
  video: ({ caption }) => [caption],
  file: () => [],
  location: ({ name, address }) => [name, address],
  // A sticker's emoji stands for its picture, so it is one or the other.
  sticker: () => [],
  link: ({ title, description }) => [title, description],
  card: (card) => [card.title, orderNumber(card), card.price, card.description],
  choices: ({ text, choices }) => [text, ...choices.map((choice) => choice.label)],
  form: ({ title, fields, values }) => [
    title,
    ...fields.flatMap((field) => [
      field.label,
      ...(values?.[field.name] === undefined ? (field.options ?? []) : [values[field.name]]),
    ]),
  ],
  rating: ({ question, comment }) => [question, comment],
  call: ({ outcome }) => [outcome],
  system: ({ text }) => [text],
};

/** Every content type there is, for checks of what adapters declare. */
export const contentTypes: readonly ContentType[] = Object.keys(words) as ContentType[];

function isCarried(content: Content, capabilities: Carries): boolean {
  if (!capabilities.content.includes(content.type)) return false;
  if (isMedia(content) && (content.url === '' || isTooLargeAFile(content, capabilities))) return false;
  if (content.type === 'choices' && content.choices.length > (capabilities.maxChoices ?? Infinity)) return false;
  return utf8Bytes(wordsOf(content).join('\n')) <= capabilities.maxTextBytes;
}

function isMedia(content: Content): content is MediaContent {
  return ['image', 'audio', 'video', 'file'].includes(content.type);
}

function isTooLargeAFile(media: MediaContent, capabilities: Carries): boolean {
  return (media.sizeBytes ?? 0) > (capabilities.maxFileBytes ?? Infinity);
}

interface Situation {
  readonly capabilities: Carries;
  readonly options: DegradeOptions;
}

/** One step down; every step leads nearer to text, which ends the descent. */
function nearest(content: Exclude<Content, TextContent>, situation: Situation): Content[] {
  switch (content.type) {
    case 'image':
    case 'audio':
    case 'video':
    case 'file':
      return nearestToMedia(content, situation);
    case 'card':
      return nearestToCard(content, situation);
    case 'choices':
      return nearestToChoices(content, situation.capabilities);
    case 'sticker':
      return nearestToSticker(content, situation);
    case 'link':
      return [text(linkLines(content, situation.options.publicUrl))];
    case 'location':
      return [text(locationLines(content))];
    case 'form':
      return [text(formLines(content))];
    case 'rating':
      return [text(ratingLines(content))];
    case 'call':
      return [
        text([`[${label(content.media === 'video' ? 'videoCall' : 'audioCall', situation)}] ${content.outcome}`]),
      ];
    case 'system':
      return [text([content.text])];
    default:
      return content satisfies never;
  }
}

/** Without its caption, if that alone is in the way; else a file, else a link to it. */
function nearestToMedia(media: MediaContent, situation: Situation): Content[] {
  const { capabilities, options } = situation;
  const [caption] = wordsOf(media);
  const name = media.fileName ?? label(media.type, situation);
  if (media.url === '') return [text([`[${name}] ${media.unavailable ?? ''}`.trimEnd(), caption])];
  const bare = withoutCaption(media);
  const candidates: Content[] = [bare, asFile(media)];
  const carried = candidates.find((candidate) => isCarried(candidate, capabilities));
  if (carried !== undefined) return caption === undefined ? [carried] : [carried, text([caption])];
  const pictureUrl = media.type === 'image' ? media.url : media.type === 'video' ? media.thumbnailUrl : undefined;
  return [
    {
      type: 'link',
      url: absoluteUrl(media.url, options.publicUrl),
      title: name,
      ...(caption !== undefined && { description: caption }),
      ...(pictureUrl !== undefined && { pictureUrl: absoluteUrl(pictureUrl, options.publicUrl) }),
    },
  ];
}

function withoutCaption(media: MediaContent): MediaContent {
  if (media.type === 'file') return media;
  if (media.type === 'audio') {
    const { transcript: _, ...bare } = media;
    return bare;
  }
  const { caption: _, ...bare } = media;
  return bare;
}

function asFile({ url, fileName, mimeType, sizeBytes }: MediaContent): FileContent {
  return {
    type: 'file',
    url,
    ...(fileName !== undefined && { fileName }),
    ...(mimeType !== undefined && { mimeType }),
    ...(sizeBytes !== undefined && { sizeBytes }),
  };
}

function nearestToCard(card: CardContent, { options }: Situation): Content[] {
  const details = [orderNumber(card), card.price, card.description].filter(isSaid).join('\n');
  if (card.url === undefined) return [text([card.title, details])];
  return [
    {
      type: 'link',
      url: absoluteUrl(card.url, options.publicUrl),
      title: card.title,
      ...(details !== '' && { description: details }),
      ...(card.pictureUrl !== undefined && { pictureUrl: absoluteUrl(card.pictureUrl, options.publicUrl) }),
    },
  ];
}

/** An order's number is what the customer knows it by; a product's id is our own affair. */
function orderNumber(card: CardContent): string | undefined {
  return card.kind === 'order' ? card.id : undefined;
}

/** A question that is too long goes ahead, its end stays with the buttons; what has no buttons gets numbers. */
function nearestToChoices(content: ChoicesContent, capabilities: Carries): Content[] {
  const labelBytes = utf8Bytes(['', ...content.choices.map((choice) => choice.label)].join('\n'));
  const roomForQuestion = capabilities.maxTextBytes - labelBytes;
  const bare: ChoicesContent = { ...content, text: '' };
  if (roomForQuestion >= minQuestionBytes && isCarried(bare, capabilities)) {
    const questions = splitText(content.text, roomForQuestion);
    const last = questions.pop() ?? '';
    return [...questions.map((question) => text([question])), { ...content, text: last }];
  }
  return [text([content.text, ...content.choices.map((choice, index) => `${index + 1}. ${choice.label}`)])];
}
/** Less room than this beside the buttons, and a question would come in crumbs. */
const minQuestionBytes = 64;

function nearestToSticker(sticker: StickerContent, situation: Situation): Content[] {
  const { url, emoji } = sticker;
  const showsPictures = situation.capabilities.content.includes('image');
  if (url !== undefined && (showsPictures || emoji === undefined)) return [{ type: 'image', url }];
  return [text([emoji ?? `[${label('sticker', situation)}]`])];
}

function linkLines(link: LinkContent, publicUrl: string | undefined): (string | undefined)[] {
  const url = absoluteUrl(link.url, publicUrl);
  return [link.title === url ? undefined : link.title, link.description, url];
}

function locationLines(location: LocationContent): (string | undefined)[] {
  return [location.name, location.address, `${location.latitude}, ${location.longitude}`];
}

function formLines(form: FormContent): string[] {
  const fields = form.fields.map((field) => {
    const value = form.values?.[field.name];
    if (value !== undefined) return `${field.label}: ${value}`;
    const options = field.options === undefined ? '' : ` (${field.options.join(' / ')})`;
    return `${field.label}${field.required === true ? ' *' : ''}${options}`;
  });
  return [form.title, ...fields];
}

function ratingLines(rating: RatingContent): (string | undefined)[] {
  if (rating.score !== undefined) return [rating.question, `${rating.score}/${rating.scale}`, rating.comment];
  return [`${rating.question ?? ''} (1–${rating.scale})`.trim(), rating.comment];
}

function text(lines: readonly (string | undefined)[]): TextContent {
  return { type: 'text', text: lines.filter(isSaid).join('\n') };
}

function isSaid(line: string | undefined): line is string {
  return line !== undefined && line !== '';
}

function textParts(whole: string, maxBytes: number): TextContent[] {
  return splitText(whole, maxBytes).map((part) => ({ type: 'text', text: part }));
}

const labels = {
  en: {
    image: 'Image',
    audio: 'Audio',
    video: 'Video',
    file: 'File',
    sticker: 'Sticker',
    audioCall: 'Call',
    videoCall: 'Video call',
  },
  'zh-CN': {
    image: '图片',
    audio: '语音',
    video: '视频',
    file: '文件',
    sticker: '表情',
    audioCall: '语音通话',
    videoCall: '视频通话',
  },
} as const;

function label(key: keyof typeof labels.en, { options }: Situation): string {
  return labels[options.language ?? 'en'][key];
}
