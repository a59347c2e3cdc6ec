import { once } from 'node:events';
import Type from 'typebox';
import { type Assist, type AssistPiece, assistTasks } from '../bot/language-model/assist.ts';
import type { ModelConfigs } from '../bot/language-model/model-config.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { IdParams, problems } from './schemas.ts';

export interface AssistRoutesDeps {
  readonly auth: RequestAuth;
  readonly assist: Assist;
  readonly configs: Pick<ModelConfigs, 'current'>;
  readonly onDefect: (error: unknown) => void;
}

/** What a language model does for agents. */
export function assistRoutes(app: App, { auth, assist, configs, onDefect }: AssistRoutesDeps): void {
  app.get(
    '/api/v1/assist',
    {
      schema: {
        description: 'What a language model does for agents; no tasks where none is configured.',
        response: {
          200: Type.Object({ tasks: Type.Array(Type.Enum([...assistTasks])), channelsOff: Type.Array(Type.String()) }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.agent(request);
      const { channelsOff } = (await configs.current()).settings;
      return { tasks: (await assist.offered()) ? [...assistTasks] : [], channelsOff: [...channelsOff] };
    },
  );

  app.post(
    '/api/v1/conversations/:id/assist',
    {
      schema: {
        description:
          'Server-sent events: `text {text}` for each piece, then `done {text, warnings, sources}`, `nothing {why}` or `error {code, detail}`. Ending the request ends the work.',
        params: IdParams,
        body: Type.Object({
          task: Type.Enum([...assistTasks]),
          draft: Type.Optional(Type.String({ maxLength: 4_000 })),
          to: Type.Optional(Type.String({ maxLength: 20, description: 'A manner, a language, or `customer`.' })),
        }),
        response: { ...problems },
      },
    },
    async (request, reply) => {
      const { agent } = await auth.agent(request);
      const { task, draft, to } = request.body;
      const gone = new AbortController();
      const { raw } = reply;
      raw.on('close', () => gone.abort(new Error('Whoever asked has gone.')));
      const pieces = assist.run({
        conversationId: request.params.id,
        agentId: agent.id,
        task,
        ...(draft === undefined ? {} : { draft }),
        ...(to === undefined ? {} : { to }),
        signal: gone.signal,
      });
      // What is refused before the first word is refused as everywhere.
      const first = await pieces.next();
      reply.hijack();
      raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // Of nginx: it would gather what is meant to be seen at once.
        'x-accel-buffering': 'no',
        'x-content-type-options': 'nosniff',
        'x-request-id': request.id,
      });
      const send = async (event: string, data: object) => {
        if (!raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
          await once(raw, 'drain', { signal: gone.signal });
      };
      try {
        for (let next = first; next.done !== true; next = await pieces.next()) await tell(next.value, send);
      } catch (error) {
        if (gone.signal.aborted) return reply;
        if (!(error instanceof Refusal)) onDefect(error);
        const { code, message } = error instanceof Refusal ? error : { code: 'internal', message: 'It broke off.' };
        await send('error', { code, detail: message });
      } finally {
        await pieces.return();
        raw.end();
      }
      return reply;
    },
  );
}

async function tell(piece: AssistPiece, send: (event: string, data: object) => Promise<void>): Promise<void> {
  const { kind, ...data } = piece;
  await send(kind, data);
}
