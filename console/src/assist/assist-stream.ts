import { ApiError } from '@parley/sdk/http.ts';
import type { Problem } from '@parley/sdk/protocol.ts';

export type AssistTask = 'draft' | 'rewrite' | 'translate' | 'summarise';
export type AssistBody = { readonly task: AssistTask; readonly draft?: string; readonly to?: string };
export type AssistSource = { readonly kind: string; readonly id: string; readonly title: string };

export type AssistEvent =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'done';
      readonly text: string;
      readonly warnings: readonly string[];
      readonly sources: readonly AssistSource[];
    }
  | { readonly kind: 'nothing'; readonly why: 'no-passage' | 'cannot-tell' };

/**
 * Asks for help with a conversation, and tells the text as it comes. Aborting ends the work on the server, too.
 * @throws ApiError; the signal's reason
 */
export async function* assistStream(
  conversationId: string,
  body: AssistBody,
  signal: AbortSignal,
): AsyncGenerator<AssistEvent, void> {
  const answer = await fetch(`/api/v1/conversations/${conversationId}/assist`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw broken(error);
  });
  if (!answer.ok || answer.body === null) {
    const problem = (await answer.json().catch(() => undefined)) as Problem | undefined;
    throw problem === undefined ? broken(undefined) : new ApiError(problem);
  }
  for await (const { event, data } of serverSentEvents(answer.body)) {
    const fields = JSON.parse(data) as Record<string, never>;
    if (event === 'error') throw new ApiError({ status: 0, code: fields.code, detail: fields.detail } as never);
    if (event === 'text' || event === 'done' || event === 'nothing') yield { kind: event, ...fields } as AssistEvent;
    if (event !== 'text') return;
  }
  throw broken(undefined);
}

const broken = (cause: unknown) =>
  new ApiError({ status: 0, code: 'network', detail: 'The connection broke off. Try again.' } as never, { cause });

/** Events of a stream, as the server writes them: each with a name and one line of data. */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<{ event: string; data: string }, void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let open = '';
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      open += next.value;
      const whole = open.split('\n\n');
      open = whole.pop() ?? '';
      for (const text of whole) {
        const lines = text.split('\n');
        const field = (name: string) =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
        yield { event: field('event'), data: field('data') };
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
