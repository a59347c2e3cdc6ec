import type { Api } from '@parley/sdk/http.ts';
import type { Content, Media } from '@parley/sdk/protocol.ts';

export type Upload = {
  id: number;
  name: string;
  /** From 0 to 1. */
  progress: number;
  problem?: 'too-big' | 'empty' | 'failed';
};

/** Files on their way to the server; each becomes a message of its own when it is there. */
export interface Uploads {
  readonly list: readonly Upload[];
  add(files: Iterable<File>): void;
  /** Takes it off the list, and stops it where it still runs. */
  cancel(id: number): void;
  cancelAll(): void;
  subscribe(listener: () => void): () => void;
}

export function createUploads(deps: {
  api: Pick<Api, 'uploadFile'>;
  maxFileBytes: number;
  send: (content: Content) => void;
}): Uploads {
  const listeners = new Set<() => void>();
  const running = new Map<number, AbortController>();
  let list: readonly Upload[] = [];
  let lastId = 0;
  /** One after the other: on a phone's line, the first is seen sooner, and they arrive in the order they were chosen. */
  let line: Promise<void> = Promise.resolve();

  function put(next: readonly Upload[]): void {
    list = next;
    for (const listener of [...listeners]) listener();
  }
  const patch = (id: number, change: Partial<Upload>) =>
    put(list.map((upload) => (upload.id === id ? { ...upload, ...change } : upload)));
  const drop = (id: number) => put(list.filter((upload) => upload.id !== id));

  function add(file: File): void {
    const id = ++lastId;
    const problem = file.size > deps.maxFileBytes ? 'too-big' : file.size === 0 ? 'empty' : undefined;
    put([...list, { id, name: file.name, progress: 0, ...(problem && { problem }) }]);
    if (problem !== undefined) return;
    const aborting = new AbortController();
    running.set(id, aborting);
    line = line.then(() => run(id, file, aborting.signal));
  }
  async function run(id: number, file: File, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      const onProgress = (progress: number) => patch(id, { progress });
      const [media, size] = await Promise.all([deps.api.uploadFile(file, { onProgress, signal }), pictureSize(file)]);
      if (signal.aborted) return;
      deps.send(contentOf({ ...media, ...size }));
      drop(id);
    } catch {
      // Whether refused or lost on the way, the visitor's choice is the same: choose the file again.
      if (!signal.aborted) patch(id, { problem: 'failed' });
    } finally {
      running.delete(id);
    }
  }

  function cancel(id: number): void {
    running.get(id)?.abort();
    drop(id);
  }
  return {
    get list() {
      return list;
    },
    add: (files) => [...files].forEach(add),
    cancel,
    cancelAll: () => {
      for (const { id } of list) cancel(id);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The message that carries a stored file: what browsers can show or play goes as that, all else as a file. */
export function contentOf(media: Media): Content {
  const kind = /^(image|audio|video)\//.exec(media.mimeType ?? '')?.[1] as 'image' | 'audio' | 'video' | undefined;
  return { type: kind ?? 'file', ...media };
}

/** Width and height, so that no reader's screen jumps when the picture arrives. */
async function pictureSize(file: File): Promise<Pick<Media, 'width' | 'height'>> {
  if (!file.type.startsWith('image/')) return {};
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (bitmap === undefined) return {};
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}
