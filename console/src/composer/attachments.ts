import { type Content, type Media, maxFileBytes } from '@parley/sdk/protocol.ts';
import { api, problemText } from '../app/api.ts';
import { createObservable, type Observable } from '../app/local-store.ts';

/** A file on its way into a message. */
export type Attachment = {
  id: string;
  file: File;
  /** A picture's local address, for a preview before it is uploaded. */
  previewUrl?: string;
  state: 'uploading' | 'ready' | 'failed';
  /** From 0 to 1. */
  progress: number;
  media?: Media;
  error?: string;
};

export type Refused = { file: File; why: 'too-large' | 'empty' };

type Upload = (file: File, options: { onProgress: (fraction: number) => void; signal: AbortSignal }) => Promise<Media>;

/** The attachments of one conversation's composer; they live on while another conversation is looked at. */
export interface Attachments {
  readonly list: Observable<readonly Attachment[]>;
  /** Begins to upload what may be sent; answers what may not. */
  add(files: readonly File[]): Refused[];
  /** Adds files that lie on the server already. */
  addKept(files: readonly Media[]): void;
  retry(id: string): void;
  /** Stops the upload where one runs, and forgets the file. */
  remove(id: string): void;
  /** Takes away what is ready, to be sent. */
  takeReady(): Attachment[];
}

export function createAttachments(upload: Upload): Attachments {
  const list = createObservable<readonly Attachment[]>([]);
  const running = new Map<string, AbortController>();

  function update(id: string, patch: Partial<Attachment>): void {
    list.set(list.get().map((entry) => (entry.id === id ? { ...entry, ...patch } : entry)));
  }

  async function start({ id, file }: Attachment): Promise<void> {
    const abort = new AbortController();
    running.set(id, abort);
    try {
      const onProgress = (progress: number) => update(id, { progress });
      const media = await upload(file, { onProgress, signal: abort.signal });
      update(id, { state: 'ready', progress: 1, media });
    } catch (error) {
      if (!abort.signal.aborted) update(id, { state: 'failed', error: problemText(error) });
    } finally {
      running.delete(id);
    }
  }

  function release(entry: Attachment): void {
    if (entry.previewUrl !== undefined) URL.revokeObjectURL(entry.previewUrl);
  }

  return {
    list,
    add(files) {
      const refused: Refused[] = [];
      for (const file of files) {
        const why = refusalOf(file);
        if (why !== undefined) {
          refused.push({ file, why });
          continue;
        }
        const entry = newAttachment(file);
        list.set([...list.get(), entry]);
        void start(entry);
      }
      return refused;
    },
    addKept(files) {
      const entries = files.map((media): Attachment => {
        const file = new File([], media.fileName ?? '', { type: media.mimeType ?? '' });
        const isShown = contentOf(media).type === 'image';
        return {
          id: newId(),
          file,
          state: 'ready',
          progress: 1,
          media,
          ...(isShown && { previewUrl: media.url }),
        };
      });
      list.set([...list.get(), ...entries]);
    },
    retry(id) {
      const entry = list.get().find((one) => one.id === id);
      if (entry?.state !== 'failed') return;
      update(id, { state: 'uploading', progress: 0 });
      void start(entry);
    },
    remove(id) {
      running.get(id)?.abort();
      for (const entry of list.get()) if (entry.id === id) release(entry);
      list.set(list.get().filter((entry) => entry.id !== id));
    },
    takeReady() {
      const ready = list.get().filter((entry) => entry.state === 'ready');
      for (const entry of ready) release(entry);
      list.set(list.get().filter((entry) => entry.state !== 'ready'));
      return ready;
    },
  };
}

function refusalOf(file: File): Refused['why'] | undefined {
  if (file.size > maxFileBytes) return 'too-large';
  return file.size === 0 ? 'empty' : undefined;
}

function newAttachment(file: File): Attachment {
  const isPicture = /^image\/(png|jpeg|gif|webp|avif|bmp)$/.test(file.type);
  return {
    id: newId(),
    file,
    state: 'uploading',
    progress: 0,
    ...(isPicture && { previewUrl: URL.createObjectURL(file) }),
  };
}

let count = 0;
function newId(): string {
  count += 1;
  return `attachment-${count}`;
}

/** The message that carries an uploaded file. */
export function contentOf(media: Media): Content {
  const [kind] = (media.mimeType ?? '').split('/');
  const shown = kind === 'image' ? /^image\/(png|jpeg|gif|webp|avif|bmp)$/.test(media.mimeType ?? '') : true;
  if ((kind === 'image' || kind === 'audio' || kind === 'video') && shown) return { type: kind, ...media };
  return { type: 'file', ...media };
}

const byConversation = new Map<string, Attachments>();

export function attachmentsOf(conversationId: string): Attachments {
  const known =
    byConversation.get(conversationId) ?? createAttachments((file, options) => api.uploadFile(file, options));
  byConversation.set(conversationId, known);
  return known;
}
