import { queryOptions, useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { api, problemText } from '../app/api.ts';
import { type AssistBody, type AssistSource, type AssistTask, assistStream } from './assist-stream.ts';

const assistQuery = queryOptions({
  queryKey: ['assist'],
  queryFn: ({ signal }) =>
    api.call<{ tasks: AssistTask[]; channelsOff: string[] }>('GET', '/api/v1/assist', undefined, { signal }),
  staleTime: 60_000,
});

export type AssistState = {
  readonly task: AssistTask;
  readonly text: string;
  /** `running`: more comes; `nothing` and `failed` say why in `problem`. */
  readonly phase: 'running' | 'done' | 'nothing' | 'failed';
  readonly warnings: readonly string[];
  readonly sources: readonly AssistSource[];
  /** `nothing`: its reason; `failed`: words for a person. */
  readonly problem: string;
};

export interface Assisting {
  /** A language model is configured, and may be asked in this channel. */
  readonly isOffered: boolean;
  readonly state: AssistState | undefined;
  start(body: AssistBody): void;
  /** Ends it, also on the server, and shows nothing of it. */
  discard(): void;
}

/** What a language model does for the agent in one conversation. */
export function useAssist(conversationId: string, channelId: string | undefined): Assisting {
  const { data } = useQuery(assistQuery);
  const [state, setState] = useState<AssistState>();
  const running = useRef<AbortController>(undefined);

  const discard = useCallback(() => {
    running.current?.abort();
    setState(undefined);
  }, []);
  // Whoever leaves the conversation does not wait for it.
  useEffect(() => () => running.current?.abort(), []);

  const start = useCallback(
    (body: AssistBody) => {
      running.current?.abort();
      const controller = new AbortController();
      running.current = controller;
      const show = (change: Partial<AssistState>) => {
        if (controller.signal.aborted) return;
        setState((before) => (before === undefined ? before : { ...before, ...change }));
      };
      setState({ task: body.task, text: '', phase: 'running', warnings: [], sources: [], problem: '' });
      const follow = async () => {
        let text = '';
        for await (const event of assistStream(conversationId, body, controller.signal)) {
          if (event.kind === 'text') {
            text += event.text;
            show({ text });
          } else if (event.kind === 'done') show({ ...event, phase: 'done' });
          else show({ phase: 'nothing', problem: event.why });
        }
      };
      follow().catch((error: unknown) => show({ phase: 'failed', problem: problemText(error) }));
    },
    [conversationId],
  );

  const isOffered =
    data !== undefined && data.tasks.length > 0 && channelId !== undefined && !data.channelsOff.includes(channelId);
  return { isOffered, state, start, discard };
}
