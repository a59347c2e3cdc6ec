import { randomBytes } from 'node:crypto';
import { type Answer, refusal } from './simulated-answer.ts';

export interface KeptMedia {
  readonly bytes: Uint8Array;
  readonly mimeType: string;
  readonly fileName: string;
}

const keptMs = 3 * 24 * 60 * 60_000;
/** What may be uploaded as each type, with the platform's code for a file that is too large. */
const rules: Readonly<Record<string, { maxBytes: number; tooLarge: number; mimeTypes: RegExp }>> = {
  image: { maxBytes: 10_485_760, tooLarge: 40_009, mimeTypes: /^image\/(png|jpe?g|gif)$/ },
  voice: { maxBytes: 2_097_152, tooLarge: 40_010, mimeTypes: /^audio\/(amr|mpeg|mp3)$/ },
  video: { maxBytes: 10_485_760, tooLarge: 40_011, mimeTypes: /^video\/mp4$/ },
  thumb: { maxBytes: 65_536, tooLarge: 40_012, mimeTypes: /^image\/jpe?g$/ },
};

/** Temporary media of the platform: what users and the account uploaded, for three days. */
export function createMediaShelf(now: () => number) {
  const shelf = new Map<string, { file: KeptMedia; type: string | undefined; until: number }>();

  /** `type`: what it was uploaded as; a user's upload has none. */
  function put(file: KeptMedia, type?: string): string {
    const id = randomBytes(24).toString('base64url');
    shelf.set(id, { file, type, until: now() + keptMs });
    return id;
  }

  function find(id: string) {
    const kept = shelf.get(id);
    return kept !== undefined && kept.until > now() ? kept : undefined;
  }

  async function upload(type: string, contentType: string, body: Uint8Array): Promise<Answer> {
    const rule = rules[type];
    if (rule === undefined) return refusal(40_004, 'invalid media type');
    const headers = { 'content-type': contentType };
    const form = await new Response(Uint8Array.from(body), { headers }).formData().catch(() => undefined);
    const file = form?.get('media');
    if (!(file instanceof File)) return refusal(41_005, 'media data missing');
    if (!rule.mimeTypes.test(file.type)) return refusal(40_005, 'invalid file type');
    if (file.size > rule.maxBytes) return { errcode: rule.tooLarge, errmsg: 'invalid media size' };
    const bytes = new Uint8Array(await file.arrayBuffer());
    const id = put({ bytes, mimeType: file.type, fileName: file.name }, type);
    return { type, [type === 'thumb' ? 'thumb_media_id' : 'media_id']: id, created_at: Math.floor(now() / 1_000) };
  }

  return {
    keep: (file: KeptMedia) => put(file),
    get: (id: string) => find(id)?.file,
    /** Whether it may be sent as this type. */
    has: (id: string, type: string) => find(id)?.type === type,
    upload,
    clear: () => shelf.clear(),
  };
}
